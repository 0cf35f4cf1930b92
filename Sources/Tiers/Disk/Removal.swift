import Model

/// What has to leave the disk before something else is said to be done.
enum Removal: Hashable, Sendable {
    /// All versions of a file.
    case file(RelativePath)
    /// All versions of a folder's files, and of all below.
    case folder(RelativePath)
    /// All versions of this size and time (to two seconds), whichever their path.
    case versions(size: Int64, modified: Timestamp)
    case everything
}
