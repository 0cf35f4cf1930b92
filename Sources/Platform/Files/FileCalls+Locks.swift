public import Model

import Glibc

/// A record lock as `fcntl(2)` takes and reports it.
public struct RecordLock: Hashable, Sendable {
    public enum Kind: Sendable {
        case read, write, unlock
    }

    public var kind: Kind
    /// First byte.
    public var start: Int64
    /// Bytes; 0 reaches to the end of the file, however far it grows.
    public var length: Int64

    public init(kind: Kind, start: Int64, length: Int64) {
        self.kind = kind
        self.start = start
        self.length = length
    }

    init(_ raw: flock) {
        switch Int32(raw.l_type) {
        case F_RDLCK: kind = .read
        case F_WRLCK: kind = .write
        default: kind = .unlock
        }
        start = Int64(raw.l_start)
        length = Int64(raw.l_len)
    }

    var raw: flock {
        var raw = flock()
        switch kind {
        case .read: raw.l_type = Int16(F_RDLCK)
        case .write: raw.l_type = Int16(F_WRLCK)
        case .unlock: raw.l_type = Int16(F_UNLCK)
        }
        raw.l_whence = Int16(SEEK_SET)
        raw.l_start = off_t(start)
        raw.l_len = off_t(length)
        return raw
    }
}

/// Locks that belong to an open file (`F_OFD_…`): they go when its last descriptor is closed, and not when the
/// process closes some other one.
extension FileCalls {
    private static let getOpenFileLock: Int32 = 36  // F_OFD_GETLK
    private static let setOpenFileLock: Int32 = 37  // F_OFD_SETLK

    /// Takes or releases a lock without waiting.
    ///
    /// - Throws: `EAGAIN` when somebody else's is in the way.
    public static func setLock(_ file: Int32, _ lock: RecordLock) throws(Errno) {
        var raw = lock.raw
        _ = try systemCall { fcntl(file, setOpenFileLock, &raw) }
    }

    /// - Returns: a lock that is in the way of `lock`, and the process that has it: -1 if that is an open file's
    ///   lock, or not known; nil if there is none.
    public static func conflictingLock(
        _ file: Int32, _ lock: RecordLock
    ) throws(Errno) -> (lock: RecordLock, processID: Int32)? {
        var raw = lock.raw
        _ = try systemCall { fcntl(file, getOpenFileLock, &raw) }
        let found = RecordLock(raw)
        return found.kind == .unlock ? nil : (found, raw.l_pid)
    }

    /// `flock(2)` without waiting.
    ///
    /// - Parameter operation: `LOCK_SH`, `LOCK_EX` or `LOCK_UN`.
    /// - Throws: `EAGAIN` when somebody else's is in the way.
    public static func lockFile(_ file: Int32, _ operation: Int32) throws(Errno) {
        _ = try systemCall { flock(file, operation | LOCK_NB) }
    }
}
