/// An access control list of NFSv4, as Linux's client has it in `system.nfs4_acl`.
///
/// RFC 8881, section 6.2.1: entries are gone through in their order, and each right is decided by the first that speaks of it and
/// of who asks. A POSIX list knows neither order nor refusals, so ``posixList(mode:)`` gives one that lets nobody do what this
/// one refuses; who is let in by this one may be left out, but not where a Linux server has made it from a POSIX list.
public struct NFS4AccessControlList: Hashable, Sendable {
    enum Who: Hashable, Sendable {
        case owner, owningGroup, everyone
        case user(UInt32)
        case group(UInt32)
        /// A name that only the server can tell, or a word such as `NETWORK@`.
        case unknown
    }

    struct Entry: Hashable, Sendable {
        var isRefusal: Bool
        /// Of ``Credentials/Access``, as far as the entry has all that belongs to one.
        var permissions: UInt32
        var who: Who
    }

    private var entries: [Entry] = []

    /// `ACE4_INHERIT_ONLY_ACE`: says nothing of the file itself.
    private static let inheritOnly: UInt32 = 0x8
    /// `ACE4_IDENTIFIER_GROUP`.
    private static let isGroup: UInt32 = 0x40
    /// `ACE4_READ_DATA`, and `ACE4_WRITE_DATA`, `ACE4_APPEND_DATA` and `ACE4_EXECUTE`; of folders to list, to make files, to make
    /// folders and to search.
    private static let (readData, writeData, appendData): (UInt32, UInt32, UInt32) = (0x1, 0x2, 0x4)
    private static let execute: UInt32 = 0x20

    /// - Parameter value: XDR: the count of entries, then type, flags, mask and the name of whom it is about of each. nil for what
    ///   cannot be one.
    public init?(_ value: [UInt8]) {
        var rest = value[...]
        func word() -> UInt32? {
            guard rest.count >= 4 else { return nil }
            defer { rest = rest.dropFirst(4) }
            return rest.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
        }
        guard let count = word() else { return nil }
        for _ in 0..<count {
            guard let type = word(), let flags = word(), let mask = word(), let length = word()
            else { return nil }
            // Names fill whole words.
            let padded = (Int(length) + 3) & ~3
            guard rest.count >= padded else { return nil }
            let name = rest.prefix(Int(length))
            rest = rest.dropFirst(padded)
            // Others write logs and raise alarms.
            guard type <= 1, flags & Self.inheritOnly == 0 else { continue }
            entries.append(
                Entry(
                    isRefusal: type == 1, permissions: Self.permissions(mask, isRefusal: type == 1),
                    who: Self.who(name, isGroup: flags & Self.isGroup != 0)))
        }
        guard rest.isEmpty else { return nil }
    }

    /// To write takes both rights of NFSv4: one that is refused is enough to be refused.
    private static func permissions(_ mask: UInt32, isRefusal: Bool) -> UInt32 {
        let write = mask & (writeData | appendData)
        let mayWrite = isRefusal ? write != 0 : write == writeData | appendData
        return (mask & readData != 0 ? 4 : 0) | (mayWrite ? 2 : 0)
            | (mask & execute != 0 ? 1 : 0)
    }

    private static func who(_ name: ArraySlice<UInt8>, isGroup: Bool) -> Who {
        let name = String(decoding: name, as: UTF8.self)
        switch name {
        case "OWNER@": return .owner
        case "GROUP@": return .owningGroup
        case "EVERYONE@": return .everyone
        default:
            guard let number = UInt32(name) else { return .unknown }
            return isGroup ? .group(number) : .user(number)
        }
    }

    /// The value of `system.posix_acl_access` for this list; nil where it says no more than the mode.
    public func posixList(mode: UInt32) -> [UInt8]? {
        let owner = granted(to: .owner)
        let owningGroup = granted(to: .owningGroup)
        let other = granted(to: .everyone)
        var users: Set<UInt32> = []
        var groups: Set<UInt32> = []
        for entry in entries {
            switch entry.who {
            case .user(let id): users.insert(id)
            case .group(let id): groups.insert(id)
            default: break
            }
        }
        if users.isEmpty, groups.isEmpty, mode & 0o777 == owner << 6 | owningGroup << 3 | other {
            return nil
        }
        typealias Posix = AccessControlList.Entry
        let named =
            users.sorted().map { Posix(tag: .user, permissions: granted(to: .user($0)), id: $0) }
            + [Posix(tag: .owningGroup, permissions: owningGroup)]
            + groups.sorted().map {
                Posix(tag: .group, permissions: granted(to: .group($0)), id: $0)
            }
        let mask = named.reduce(0) { $0 | $1.permissions }
        return AccessControlList(
            [Posix(tag: .owner, permissions: owner)] + named
                + [Posix(tag: .mask, permissions: mask), Posix(tag: .other, permissions: other)]
        ).value
    }

    /// What these are granted whatever groups they belong to.
    private func granted(to who: Who) -> UInt32 {
        var granted: UInt32 = 0
        var refused: UInt32 = 0
        for entry in entries {
            if entry.isRefusal {
                if mayRefuse(entry.who, who) { refused |= entry.permissions & ~granted }
            } else if entry.who == who || entry.who == .everyone {
                granted |= entry.permissions & ~refused
            }
        }
        return granted
    }

    /// Whether a refusal to `entry` may be one to `who`.
    private func mayRefuse(_ entry: Who, _ who: Who) -> Bool {
        switch entry {
        case .everyone, .unknown: true
        // A user may be in any group, and who is in one may be in another. Of everyone, who is in this one has its entry.
        case .group, .owningGroup: who != .everyone
        case .user: who == entry || who == .owner
        case .owner: who == .owner
        }
    }
}
