import CLinux
import Glibc

/// Flags of `openat(2)`. `O_CLOEXEC` is always added.
public struct OpenFlags: OptionSet, Sendable {
    public var rawValue: Int32

    public init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    public static let readOnly: OpenFlags = []
    public static let writeOnly = OpenFlags(rawValue: O_WRONLY)
    public static let readWrite = OpenFlags(rawValue: O_RDWR)
    public static let create = OpenFlags(rawValue: O_CREAT)
    public static let exclusive = OpenFlags(rawValue: O_EXCL)
    public static let truncate = OpenFlags(rawValue: O_TRUNC)
    public static let append = OpenFlags(rawValue: O_APPEND)
    public static let directory = OpenFlags(rawValue: O_DIRECTORY)
    public static let noFollow = OpenFlags(rawValue: O_NOFOLLOW)
    public static let nonBlocking = OpenFlags(rawValue: O_NONBLOCK)
    /// A terminal that is opened does not become the process's own.
    public static let noTerminal = OpenFlags(rawValue: O_NOCTTY)
    /// Names a file without opening it: no permission on the file itself needed, no I/O possible.
    public static let pathOnly = OpenFlags(rawValue: larder_o_path)
    /// Past the page cache.
    public static let direct = OpenFlags(rawValue: larder_o_direct)
    public static let noAccessTime = OpenFlags(rawValue: larder_o_noatime)
    /// A file in the directory that is opened, without a name: gone when it is closed.
    public static let nameless = OpenFlags(rawValue: larder_o_tmpfile)
    /// Each write is on the medium when it returns; `O_SYNC` includes `O_DSYNC`.
    public static let synchronous = OpenFlags(rawValue: O_SYNC)
    public static let dataSynchronous = OpenFlags(rawValue: O_DSYNC)

    /// Each write goes to the end, and nothing is read.
    public var onlyAppends: Bool { accessMode == .writeOnly && contains(.append) }

    /// Reading, writing or both.
    public var accessMode: OpenFlags { OpenFlags(rawValue: rawValue & O_ACCMODE) }
}
