public import Platform

/// Which extended attributes the files of a share can have, as far as its file system tells.
public struct AttributeNature: Hashable, Sendable {
    /// Any at all.
    public var hasAny: Bool
    /// The access control lists by which the share decides.
    public var lists: Lists
    /// Asking for one takes no round trip.
    public var isNear: Bool

    public enum Lists: Sendable {
        case none
        case posix
        /// In an attribute of their own.
        case nfs4
    }

    public init(hasAny: Bool, lists: Lists, isNear: Bool) {
        self.hasAny = hasAny
        self.lists = lists
        self.isNear = isNear
    }

    /// - Parameter mount: of the share; nil where it is not known.
    public init(_ mount: MountTable.Entry?) {
        let type = mount?.fileSystemType ?? "unknown"
        // SFTP has none, and sshfs says so of everything.
        hasAny = type != "fuse.sshfs"
        lists = !hasAny ? .none : type == "nfs4" ? .nfs4 : .posix
        isNear = mount != nil && !FileSystemFamily(type: type).mayHang
    }
}
