/// A Linux error number: the one error type of everything that touches a file system.
///
/// Numbers are the kernel's (`asm-generic/errno.h`); `Model` imports no C, so they are written out.
/// Errors stay an `Errno` from the system call up to the FUSE reply, where they are sent as they are.
public struct Errno: Error, RawRepresentable, Hashable, Sendable {
    public var rawValue: Int32

    public init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// Whether somebody else may be allowed what this one is not.
    public var isDenial: Bool { self == .accessDenied || self == .notPermitted }

    public static let notPermitted = Errno(rawValue: 1)  // EPERM
    public static let noSuchFile = Errno(rawValue: 2)  // ENOENT
    public static let interrupted = Errno(rawValue: 4)  // EINTR
    public static let ioError = Errno(rawValue: 5)  // EIO
    public static let noSuchDevice = Errno(rawValue: 6)  // ENXIO
    public static let argumentListTooLong = Errno(rawValue: 7)  // E2BIG
    public static let badDescriptor = Errno(rawValue: 9)  // EBADF
    public static let again = Errno(rawValue: 11)  // EAGAIN
    public static let outOfMemory = Errno(rawValue: 12)  // ENOMEM
    public static let accessDenied = Errno(rawValue: 13)  // EACCES
    public static let busy = Errno(rawValue: 16)  // EBUSY
    public static let exists = Errno(rawValue: 17)  // EEXIST
    public static let crossDevice = Errno(rawValue: 18)  // EXDEV
    public static let notDirectory = Errno(rawValue: 20)  // ENOTDIR
    public static let isDirectory = Errno(rawValue: 21)  // EISDIR
    public static let invalid = Errno(rawValue: 22)  // EINVAL
    public static let tooManyOpenFiles = Errno(rawValue: 24)  // EMFILE
    public static let fileTooLarge = Errno(rawValue: 27)  // EFBIG
    public static let noSpace = Errno(rawValue: 28)  // ENOSPC
    public static let readOnlyFileSystem = Errno(rawValue: 30)  // EROFS
    public static let tooManyLinks = Errno(rawValue: 31)  // EMLINK
    public static let range = Errno(rawValue: 34)  // ERANGE
    public static let nameTooLong = Errno(rawValue: 36)  // ENAMETOOLONG
    public static let noLocks = Errno(rawValue: 37)  // ENOLCK
    public static let notImplemented = Errno(rawValue: 38)  // ENOSYS
    public static let notEmpty = Errno(rawValue: 39)  // ENOTEMPTY
    public static let symlinkLoop = Errno(rawValue: 40)  // ELOOP
    public static let noData = Errno(rawValue: 61)  // ENODATA
    public static let overflow = Errno(rawValue: 75)  // EOVERFLOW
    public static let notSupported = Errno(rawValue: 95)  // EOPNOTSUPP
    public static let connectionAborted = Errno(rawValue: 103)  // ECONNABORTED
    public static let notConnected = Errno(rawValue: 107)  // ENOTCONN
    public static let timedOut = Errno(rawValue: 110)  // ETIMEDOUT
    public static let networkDown = Errno(rawValue: 100)  // ENETDOWN
    public static let networkUnreachable = Errno(rawValue: 101)  // ENETUNREACH
    public static let connectionReset = Errno(rawValue: 104)  // ECONNRESET
    public static let connectionRefused = Errno(rawValue: 111)  // ECONNREFUSED
    public static let hostDown = Errno(rawValue: 112)  // EHOSTDOWN
    public static let hostUnreachable = Errno(rawValue: 113)  // EHOSTUNREACH
    public static let stale = Errno(rawValue: 116)  // ESTALE
    public static let canceled = Errno(rawValue: 125)  // ECANCELED
}
