import Model

/// What was asked for on the command line.
enum Command: Equatable {
    /// nil: the overview.
    case help(CommandName?)
    case version
    case mount(MountRequest)
    case unmount(view: String, lazy: Bool)
    /// nil: every view.
    case status(view: String?, json: Bool)
    /// A path as bytes: file names need not be UTF-8.
    case explain([UInt8], json: Bool)
    case list(json: Bool)
    case doctor(DoctorRequest)
    case top(TopRequest)
    case record(RecordRequest)
    /// Paths as bytes: file names need not be UTF-8.
    case evict([[UInt8]])
    case pin(PinRequest)
    /// Likewise.
    case unpin([[UInt8]])
    case ls(LsRequest)
    /// Likewise; none: every view.
    case refresh([[UInt8]])
    case warm(WarmRequest)
    case history(HistoryRequest)
    case forecast(ForecastRequest)
    case verify(VerifyRequest)
    case replay(ReplayRequest)
    case config(ConfigRequest)
    case reload(view: String)
    /// - isEnd: `larder online`.
    case offline(view: String, isEnd: Bool)
    /// What `larder mount` starts for itself, see ``ConnectionGuard``.
    case guardConnection(ConnectionGuard.Charge)
    /// What `larder doctor` and `larder list` start for themselves, see ``Surveyor``.
    case survey(Survey)
    /// What systemd runs before the machine sleeps and afterwards, see ``PrepareSleepCommand``.
    case prepareSleep(isEnd: Bool)
}

enum CommandName: String, CaseIterable {
    case mount, unmount, status, list, ls, explain, history, forecast, top, record, refresh, warm,
        verify, evict, pin
    case unpin, offline, online, doctor, replay, config, reload
}

/// `larder mount` as typed: well-formed, not yet held against this machine (that is
/// ``MountPreflight``).
struct MountRequest: Equatable {
    /// Share and view, where they were typed.
    var paths: [String] = []
    /// Where the configuration file is, if there is one. Not read yet, see ``loaded(_:)``.
    var source: ConfigurationLocator.Source?
    /// The options behind `-o`, one by one.
    var commandLine: [OptionSetting] = []
    /// All of them with what they are laid over; without a file until ``loaded(_:)``.
    var layers = LayeredConfiguration()
    /// The file that was read, by its absolute path.
    var file: String?
    var background = false
    /// The texts behind `-o`, for the second process of a background mount.
    var optionTexts: [String] = []
    /// Unknown options were left out, and shall be there too.
    var sloppy = false
    /// Set in that second process: the descriptor on which it says how it went.
    var reportDescriptor: Int32?
    /// To be said once, although nothing is wrong.
    var notes: [String] = []

    /// Paths in here are as typed, except that an empty ``MountConfiguration/cacheDirectory`` means
    /// the user's usual one.
    var configuration: MountConfiguration { layers.configuration }
    /// Where a background daemon writes its log; nil: beside its control socket.
    var logFile: String? { configuration.logFile.isEmpty ? nil : configuration.logFile }
}

/// `larder pin` as typed.
struct PinRequest: Equatable {
    /// As bytes: file names need not be UTF-8. None: what is pinned.
    var paths: [[UInt8]] = []
    /// nil: as it was; medium, where it was not pinned.
    var priority: PinPriority?
    var json = false
}

/// `larder ls` as typed.
struct LsRequest: Equatable {
    /// As bytes: file names need not be UTF-8.
    var paths: [[UInt8]]
    var isRecursive = false
    var json = false
}

/// `larder warm` as typed.
struct WarmRequest: Equatable {
    /// As bytes: file names need not be UTF-8.
    var paths: [[UInt8]] = []
    /// A file with paths; `-` is standard input.
    var list: String?
    /// Paths in it end with a NUL.
    var isNul = false
}

/// `larder history` as typed.
struct HistoryRequest: Equatable {
    /// As bytes; nil: all of every view.
    var path: [UInt8]?
    var forgets = false
    var json = false
}

/// `larder forecast`, or `larder warm --plan`, as typed.
struct ForecastRequest: Equatable {
    /// nil: every view.
    var view: String?
    var hours = 12
    /// What would be fetched next, of what is expected.
    var isPlan = false
    var json = false
}

/// `larder verify` as typed.
struct VerifyRequest: Equatable {
    /// As bytes; none: every view.
    var paths: [[UInt8]] = []
    var againstShare = false
}

/// `larder top` as typed.
struct TopRequest: Equatable {
    static let intervals = Duration.milliseconds(100)...Duration.seconds(3600)

    /// nil: every view.
    var view: String?
    /// Between two looks.
    var interval = Duration.seconds(1)
    /// One picture, and no more.
    var once = false
}

/// `larder record` as typed.
struct RecordRequest: Equatable {
    /// What is written of the names of files.
    enum Names: String, CaseIterable {
        case full, hashed, none
    }

    var view: String
    /// nil: standard output.
    var output: String?
    var names = Names.full
    /// nil: until it is told to end.
    var duration: Duration?
}

/// `larder config` as typed.
enum ConfigRequest: Equatable {
    case check(ConfigurationLocator.Source)
    /// A view, or the name of a configuration.
    case show(String, json: Bool)
}

/// `larder doctor` as typed.
struct DoctorRequest: Equatable {
    enum Subject: Equatable {
        /// The machine, and every view that this user may ask.
        case everything
        case view(String)
        /// A mount that may not be there yet.
        case planned(share: String, view: String)
    }

    var subject = Subject.everything
    /// As for a mount; its share and view are empty.
    var options = MountOption.defaults
    /// Without being asked.
    var measure = false
    var json = false
}
