/// What ties the cached bytes of a version to the file that they were read from, beyond path, size and time.
///
/// In a view that several users share, somebody may give a name to another file of the same size and time. Its bytes are
/// another object then, and a descriptor of it is refused.
public struct ObjectAnchor: Hashable, Sendable {
    /// As the kernel was told.
    public var identity: FileIdentity
    /// Whether the share's inode numbers tell files apart for as long as they exist (not so with sshfs). A file that is gone
    /// may leave its number to another one.
    public var inodesLast: Bool

    public init(_ identity: FileIdentity, inodesLast: Bool) {
        self.identity = identity
        self.inodesLast = inodesLast
    }

    /// Whether a file that was opened is the one that is meant, and as many may read it.
    public func holds(for found: FileIdentity) -> Bool {
        inodesLast
            ? found.inode == identity.inode && found.letsRead(atLeastAs: identity)
            : found.grantsSameRights(as: identity)
    }
}
