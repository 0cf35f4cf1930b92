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
    /// Paths as bytes: file names need not be UTF-8.
    case evict([[UInt8]])
    case replay(ReplayRequest)
}

enum CommandName: String, CaseIterable {
    case mount, unmount, status, evict, replay
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
