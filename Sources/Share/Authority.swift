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

/// What somebody must be allowed for something to be done with a file.
enum NeededRight: Sendable {
    case access(Credentials.Access)
    /// To be its owner.
    case ownership
    /// To set its times to the present.
    case touch
    /// To give it to somebody; nil leaves that half.
    case change(userID: UInt32?, groupID: UInt32?)
    /// To give it another name, as `protected_hardlinks` of proc(5) has it.
    case link

    func isHeld(by user: Credentials, on file: FileAttributes) -> Bool {
        switch self {
        case .access(let access): return user.allows(access, on: file)
        case .ownership: return user.owns(file)
        case .touch: return user.owns(file) || user.allows(.write, on: file)
        case .change(let userID, let groupID):
            if user.has(.chown) { return true }
            guard user.userID == file.userID, userID == nil || userID == file.userID else {
                return false
            }
            return groupID.map { $0 == file.groupID || user.isMember(of: $0) } ?? true
        case .link:
            let setUserID: UInt32 = 0o4000
            let setGroupID: UInt32 = 0o2010
            let isSafe =
                file.isRegular && file.mode & setUserID == 0 && file.mode & setGroupID != setGroupID
            return user.owns(file) || (isSafe && user.allows([.read, .write], on: file))
        }
    }

    /// `EPERM` for what only owners may, else `EACCES`, as the kernel has it.
    var refusal: Errno {
        switch self {
        case .access, .touch: .accessDenied
        case .ownership, .change, .link: .notPermitted
        }
    }
}
