import Model

/// What doctor knows of the machine, whatever is mounted.
struct MachineFacts: Equatable, Sendable {
    enum Device: Equatable, Sendable {
        case opens
        case missing
        case refused(Errno)
    }

    struct Fusermount: Equatable, Sendable {
        var path: String
        /// Belongs to root and has the set-uid bit.
        var isSetUserID: Bool
        /// Lies on a file system where that bit does not count.
        var isOnNoSetUserID: Bool
    }

    /// What updatedb(8), which feeds locate(1), would do with a view.
    enum Indexing: Equatable, Sendable {
        case notInstalled
        case spares
        case walks
        case unreadable(Errno)
    }

    var larder = Version.text
    var kernel: String
    var fuseLibrary: String
    var userID: UInt32
    var fuseDevicePath = "/dev/fuse"
    var fuseDevice: Device
    /// nil: not installed.
    var fusermount: Fusermount?
    var fuseConfigurationPath = "/etc/fuse.conf"
    var userMayAllowOther: Bool
    /// Hard limit of descriptors (RLIMIT_NOFILE).
    var openFilesMax: UInt64
    /// Requests of ordinary users' mounts that the kernel keeps under way behind its readers' backs; nil: not said.
    var backgroundRequestsMax: Int?
    var updatedbConfigurationPath = "/etc/updatedb.conf"
    var indexing: Indexing
    /// The kernel says how much programs wait for resources (PSI).
    var saysPressure: Bool
}
