/// What ties the cached bytes of a version to the file that they were read from, beyond path, size and time.
///
/// In a view that several users share, somebody may give a name to another file of the same size and time. Its bytes are
/// another object then, and a descriptor of it is refused.
public enum ObjectAnchor: Hashable, Sendable {
    /// Where the share's inode numbers last.
    case inode(UInt64)
    /// Where they come and go (sshfs): who may read it. Bytes that one file lent to another are for the same people at least.
    case rights(mode: UInt32, userID: UInt32, groupID: UInt32)

    public init(_ identity: FileIdentity, inodesLast: Bool) {
        self =
            inodesLast
            ? .inode(identity.inode)
            : .rights(mode: identity.mode, userID: identity.userID, groupID: identity.groupID)
    }

    public func holds(for found: FileIdentity) -> Bool {
        switch self {
        case .inode(let inode): found.inode == inode
        case .rights(let mode, let userID, let groupID):
            found.mode == mode && found.userID == userID && found.groupID == groupID
        }
    }
}
