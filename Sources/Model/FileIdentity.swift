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

/// A place on the share as a request found it: its path, and what the kernel had been told of the folders on the way and of
/// what lies there.
public struct ShareLocation: Hashable, Sendable {
    public var path: RelativePath
    /// Of each folder above `path`, the outermost first, without the share's root; empty: nothing is held against them.
    public var folders: [FileIdentity]
    /// Of what lies at `path`; nil for a name that is to be made, or where nothing is held against it.
    public var node: FileIdentity?

    public init(_ path: RelativePath, folders: [FileIdentity] = [], node: FileIdentity? = nil) {
        self.path = path
        self.folders = folders
        self.node = node
    }

    /// As a place for something new: nothing is expected of what may be there.
    public var toBeMade: ShareLocation { ShareLocation(path, folders: folders) }

    /// Whether what is found there is held against what was expected: in views that several users share.
    public var isGuarded: Bool { node != nil || !folders.isEmpty }
}
