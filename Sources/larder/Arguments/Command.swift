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
    case top(TopRequest)
    case record(RecordRequest)
    /// Paths as bytes: file names need not be UTF-8.
    case evict([[UInt8]])
    case replay(ReplayRequest)
    /// What `larder mount` starts for itself, see ``ConnectionGuard``.
    case guardConnection(ConnectionGuard.Charge)
    /// What systemd runs before the machine sleeps, see ``PrepareSleepCommand``.
    case prepareSleep
}

enum CommandName: String, CaseIterable {
    case mount, unmount, status, explain, top, record, evict, replay
}

/// `larder mount` as typed: well-formed, not yet held against this machine (that is
/// ``MountPreflight``).
struct MountRequest: Equatable {
    /// Paths in here are as typed, except that an empty ``MountConfiguration/cacheDirectory`` means
    /// the user's usual one.
    var configuration: MountConfiguration
    var background = false
    /// Where a background daemon writes its log; nil: beside its control socket.
    var logFile: String?
    /// The texts behind `-o`, for the second process of a background mount.
    var optionTexts: [String] = []
    /// Unknown options were left out, and shall be there too.
    var sloppy = false
    /// Set in that second process: the descriptor on which it says how it went.
    var reportDescriptor: Int32?
    /// To be said once, although nothing is wrong.
    var notes: [String] = []
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
