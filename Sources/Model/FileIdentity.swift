/// Which file a name led to, and by what the kernel judged who may do what with it.
///
/// Between the kernel's decision and the call on the share the name may have been given to another file. What is
/// opened there is held against this before anything is done with it.
public struct FileIdentity: Hashable, Sendable {
    public var inode: UInt64
    /// Type and permission bits, as in `st_mode`.
    public var mode: UInt32
    public var userID: UInt32
    public var groupID: UInt32

    public init(_ attributes: FileAttributes) {
        inode = attributes.inode
        mode = attributes.mode
        userID = attributes.userID
        groupID = attributes.groupID
    }

    public var kind: UInt32 { mode & FileAttributes.kindMask }

    /// Whether the same people may do the same things with both: owner, group, type and mode agree.
    public func grantsSameRights(as other: FileIdentity) -> Bool {
        mode == other.mode && userID == other.userID && groupID == other.groupID
    }

    /// Whether everybody who may read the other may read this one, as far as owner, group and mode can tell.
    public func letsRead(atLeastAs other: FileIdentity) -> Bool {
        belongs(toWhomHas: other) && other.mode & 0o444 & ~mode == 0
    }

    /// As ``letsRead(atLeastAs:)``, of searching a folder too.
    public func letsReadAndSearch(atLeastAs other: FileIdentity) -> Bool {
        belongs(toWhomHas: other) && other.mode & 0o555 & ~mode == 0
    }

    /// Whether owner and group are the same.
    public func belongs(toWhomHas other: FileIdentity) -> Bool {
        userID == other.userID && groupID == other.groupID
    }
}
