import CFuse
import Glibc

/// A POSIX record lock, as in `fcntl(2)`'s `struct flock` with `l_whence` `SEEK_SET`.
public struct FuseLock: Hashable, Sendable {
    public enum Kind: Sendable {
        case read, write, unlock
    }

    public var kind: Kind
    /// First byte.
    public var start: Int64
    /// Bytes; 0 reaches to the end of the file, however far it grows.
    public var length: Int64
    public var processID: Int32

    public init(kind: Kind, start: Int64, length: Int64, processID: Int32) {
        self.kind = kind
        self.start = start
        self.length = length
        self.processID = processID
    }

    init(_ raw: flock) {
        let kind: Kind =
            switch Int32(raw.l_type) {
            case F_RDLCK: .read
            case F_WRLCK: .write
            default: .unlock
            }
        self.init(
            kind: kind, start: Int64(raw.l_start), length: Int64(raw.l_len), processID: raw.l_pid)
    }

    /// As `fcntl(2)` wants it.
    var rawLock: flock {
        let kind =
            switch self.kind {
            case .read: F_RDLCK
            case .write: F_WRLCK
            case .unlock: F_UNLCK
            }
        return flock(
            l_type: Int16(kind), l_whence: Int16(SEEK_SET), l_start: off_t(start),
            l_len: off_t(length), l_pid: processID)
    }
}
