import Model

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

    func isHeld(
        by user: Credentials, on file: FileAttributes, _ list: AccessList = .none
    ) -> Bool {
        switch self {
        case .access(let access): return user.allows(access, on: file, list)
        case .ownership: return user.owns(file)
        case .touch: return user.owns(file) || user.allows(.write, on: file, list)
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
            return user.owns(file) || (isSafe && user.allows([.read, .write], on: file, list))
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
