public import Model

/// On whose authority something is done on the share.
///
/// In a view of one user's own the kernel has decided, and the daemon has that user's rights. In a view that several share, a
/// name may mean another file by the time that the daemon comes to it: there the share decides again, for the caller,
/// about the file that is really there.
public struct Authority: Sendable {
    /// Who asked, for the share to decide; nil: the kernel's decision stands, about the file that it was made about.
    public var user: Credentials?
    /// To whom what is made belongs; nil: as ``user`` says, else to the daemon.
    public var maker: (userID: UInt32, groupID: UInt32)?
    /// For what is made; nil: the daemon's.
    public var umask: UInt32?
    /// Who asked has the file open for writing, or cuts it with this: the kernel takes set-id bits away for him, whoever he is.
    public var isWriting = false
    /// Kept by the descriptor that is opened, until it is closed.
    public var companion: (any Sendable)?

    public init(
        user: Credentials? = nil, maker: (userID: UInt32, groupID: UInt32)? = nil,
        umask: UInt32? = nil
    ) {
        self.user = user
        self.maker = maker
        self.umask = umask
    }

    /// The daemon's own.
    public static var daemon: Authority { Authority() }
}
