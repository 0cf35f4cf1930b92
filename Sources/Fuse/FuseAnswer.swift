public import Model
public import Platform

/// What a file system says to a request, for who asks it without a kernel between; see
/// ``FuseRequest/init(caller:answer:)``.
public enum FuseAnswer: Sendable {
    case done
    case error(Errno)
    case entry(FuseEntry)
    case created(FuseEntry, FuseOpenReply)
    /// - timeout: seconds that they may be believed.
    case attributes(FileAttributes, timeout: Double)
    case open(FuseOpenReply)
    /// Of a file, a link, an extended attribute, or a directory in the form that the kernel takes.
    case bytes([UInt8])
    /// Bytes taken, or that an extended attribute would take.
    case count(Int)
    case offset(Int64)
    case fileSystem(FileSystemUsage)
    case lock(FuseLock)
}
