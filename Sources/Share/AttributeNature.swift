public import Platform

/// Which extended attributes the files of a share can have, as far as its file system tells.
public struct AttributeNature: Hashable, Sendable {
    /// Any at all.
    public var hasAny: Bool
    /// POSIX ACLs, by which the share decides: NFSv4 has others, which its server knows of and shows as a mode.
    public var mayHaveACLs: Bool
    /// Asking for one takes no round trip.
    public var isNear: Bool

    public init(hasAny: Bool, mayHaveACLs: Bool, isNear: Bool) {
        self.hasAny = hasAny
        self.mayHaveACLs = mayHaveACLs
        self.isNear = isNear
    }

    /// - Parameter mount: of the share; nil where it is not known.
    public init(_ mount: MountTable.Entry?) {
        let type = mount?.fileSystemType ?? "unknown"
        // SFTP has none, and sshfs says so of everything.
        hasAny = type != "fuse.sshfs"
        mayHaveACLs = hasAny && type != "nfs4"
        isNear = mount != nil && !FileSystemFamily(type: type).mayHang
    }
}
