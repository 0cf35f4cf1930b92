public import Model
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

    /// Whether an ACL, if the file has one, may count for somebody: see ``Credentials/mayDependOnList(user:on:maskIsInMode:)``.
    public func mayDependOnList(user: UInt32, on file: FileAttributes) -> Bool {
        lists != .none
            && Credentials.mayDependOnList(
                user: user, on: file, maskIsInMode: lists != .nfs4)
    }

    /// Attributes by which a decision is made: what NFSv4's mode says of the group is no mask, whose being empty would keep the
    /// list from counting.
    public func decisive(_ attributes: FileAttributes, by list: AccessList) -> FileAttributes {
        guard lists == .nfs4, list != .none else { return attributes }
        var decisive = attributes
        decisive.mode |= 0o070
        return decisive
    }
}
