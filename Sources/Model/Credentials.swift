/// In whose name something is done, as the kernel decides on access (credentials(7), path_resolution(7)).
public struct Credentials: Hashable, Sendable {
    /// Of a file: what somebody wants to do with it. Values of access(2).
    public struct Access: OptionSet, Hashable, Sendable {
        public var rawValue: UInt32

        public init(rawValue: UInt32) {
            self.rawValue = rawValue
        }

        /// Of a folder: to search it.
        public static let execute = Access(rawValue: 1)
        public static let write = Access(rawValue: 2)
        public static let read = Access(rawValue: 4)
    }

    /// A bit number of capabilities(7).
    public enum Capability: UInt64, Sendable {
        case chown = 0
        case overrideAccess = 1  // CAP_DAC_OVERRIDE
        case overrideRead = 2  // CAP_DAC_READ_SEARCH
        case fileOwner = 3  // CAP_FOWNER
        case keepSetID = 4  // CAP_FSETID
    }

    public var userID: UInt32
    public var groupID: UInt32
    public var supplementaryGroups: [UInt32]
    /// Effective ones, a bit each.
    public var capabilities: UInt64

    public init(
        userID: UInt32, groupID: UInt32, supplementaryGroups: [UInt32] = [],
        capabilities: UInt64 = 0
    ) {
        self.userID = userID
        self.groupID = groupID
        self.supplementaryGroups = supplementaryGroups
        self.capabilities = capabilities
    }

    public func has(_ capability: Capability) -> Bool {
        capabilities & 1 << capability.rawValue != 0
    }

    public func isMember(of group: UInt32) -> Bool {
        groupID == group || supplementaryGroups.contains(group)
    }

    /// Whether mode bits and ACL, or capabilities above them, let it be done.
    public func allows(
        _ access: Access, on file: FileAttributes, _ list: AccessList = .none
    ) -> Bool {
        if isGranted(access, on: file, list) { return true }
        if has(.overrideAccess) {
            return file.isDirectory || !access.contains(.execute) || file.mode & 0o111 != 0
        }
        guard has(.overrideRead), !access.contains(.write) else { return false }
        return file.isDirectory || !access.contains(.execute)
    }

    private func isGranted(
        _ access: Access, on file: FileAttributes, _ list: AccessList
    ) -> Bool {
        if Self.mayDependOnList(user: userID, on: file) {
            switch list {
            case .none: break
            case .list(let list): return list.allows(access, self, group: file.groupID)
            case .unreadable: return false
            }
        }
        let granted =
            userID == file.userID
            ? file.mode >> 6 : isMember(of: file.groupID) ? file.mode >> 3 : file.mode
        return access.rawValue & ~granted & 7 == 0
    }

    /// Whether an ACL, if the file has one, counts: not for its owner, and not where its mask is empty, as the kernel
    /// has it (`acl_permission_check`).
    ///
    /// - Parameter maskIsInMode: false of NFSv4's lists: what the mode says of the group there says nothing of whom they refuse.
    public static func mayDependOnList(
        user: UInt32, on file: FileAttributes, maskIsInMode: Bool = true
    ) -> Bool {
        user != file.userID && file.mode & (maskIsInMode ? 0o070 : 0o077) != 0
            && file.kind != .symbolicLink
    }

    /// Whether it may be done by mode bits alone, before anybody asks for supplementary groups and capabilities.
    ///
    /// - Returns: nil where it depends on these.
    public static func allows(
        _ access: Access, user: UInt32, group: UInt32, on file: FileAttributes
    ) -> Bool? {
        let bits = access.rawValue & 7
        if user == file.userID { return bits & ~(file.mode >> 6) == 0 ? true : nil }
        let asGroup = bits & ~(file.mode >> 3) == 0
        if group == file.groupID { return asGroup ? true : nil }
        // A member may have less than the rest of the world.
        return asGroup && bits & ~file.mode == 0 ? true : nil
    }

    /// Whether mode, times and the like may be set: by its owner.
    public func owns(_ file: FileAttributes) -> Bool {
        userID == file.userID || has(.fileOwner)
    }

    /// Whether a name may be taken from `folder`: in one with the sticky bit by the owner of either alone.
    ///
    /// - Parameter list: of the folder.
    public func mayRemove(
        _ file: FileAttributes, from folder: FileAttributes, _ list: AccessList = .none
    ) -> Bool {
        guard allows([.write, .execute], on: folder, list) else { return false }
        let sticky: UInt32 = 0o1000
        return folder.mode & sticky == 0 || userID == file.userID || owns(folder)
    }
}
