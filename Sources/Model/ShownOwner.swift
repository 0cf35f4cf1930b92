/// Whose a view says its files are, where it does not say what the share says: the options `uid=`, `gid=`, `umask=`.
///
/// For shares whose users are not this machine's. What is shown decides who may do what in the view; on the share
/// everything is done, and belongs, as the share sees the daemon.
public struct ShownOwner: Hashable, Sendable {
    /// nil: as on the share.
    public var userID: UInt32?
    public var groupID: UInt32?
    /// Permission bits that nobody has; all others everybody has. nil: as on the share.
    public var mask: UInt32?

    public init(userID: UInt32? = nil, groupID: UInt32? = nil, mask: UInt32? = nil) {
        self.userID = userID
        self.groupID = groupID
        self.mask = mask
    }

    /// Whether files belong to somebody else than the share says.
    public var replacesOwner: Bool { userID != nil || groupID != nil }

    /// What people are shown of a file.
    public func callAsFunction(_ attributes: FileAttributes) -> FileAttributes {
        var shown = attributes
        if let userID { shown.userID = userID }
        if let groupID { shown.groupID = groupID }
        // A link's mode means nothing, and 0777 is what everybody expects of it.
        if let mask, attributes.kind != .symbolicLink {
            shown.mode = attributes.mode & FileAttributes.kindMask | 0o777 & ~mask
        }
        return shown
    }
}
