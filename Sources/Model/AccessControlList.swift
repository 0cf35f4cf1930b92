/// A POSIX access control list, as its extended attribute has it (acl(5)).
///
/// Of a file that has one, the group bits of the mode are the list's mask, and say nothing of its group.
public struct AccessControlList: Hashable, Sendable {
    struct Entry: Hashable, Sendable {
        enum Tag: UInt16, Sendable {
            case owner = 0x01
            case user = 0x02
            case owningGroup = 0x04
            case group = 0x08
            case mask = 0x10
            case other = 0x20
        }

        var tag: Tag
        /// Of ``Credentials/Access``.
        var permissions: UInt32
        /// User or group, where the tag is of one.
        var id: UInt32 = .max
    }

    /// In the order in which the kernel keeps them: owner, users, owning group, groups, mask, other.
    private var entries: [Entry] = []

    private static let version: UInt32 = 2

    /// - Parameter entries: in that order.
    init(_ entries: [Entry]) {
        self.entries = entries
    }

    /// - Parameter value: of `system.posix_acl_access`: version u32, then tag u16, permissions u16 and id u32 of each entry,
    ///   all little-endian. nil for what cannot be one.
    public init?(_ value: [UInt8]) {
        func number(_ at: Int, _ width: Int) -> UInt32 {
            value[at..<at + width].reversed().reduce(0) { $0 << 8 | UInt32($1) }
        }
        guard value.count >= 4, value.count % 8 == 4, number(0, 4) == Self.version else {
            return nil
        }
        for at in stride(from: 4, to: value.count, by: 8) {
            guard let tag = Entry.Tag(rawValue: UInt16(number(at, 2))) else { return nil }
            let permissions = number(at + 2, 2)
            guard permissions <= 7, entries.last.map({ $0.tag.rawValue <= tag.rawValue }) ?? true
            else { return nil }
            entries.append(Entry(tag: tag, permissions: permissions, id: number(at + 4, 4)))
        }
    }

    /// As the extended attribute has it.
    var value: [UInt8] {
        func bytes(_ number: some FixedWidthInteger) -> [UInt8] {
            withUnsafeBytes(of: number.littleEndian) { Array($0) }
        }
        return entries.reduce(into: bytes(Self.version)) { value, entry in
            value += bytes(entry.tag.rawValue) + bytes(UInt16(entry.permissions)) + bytes(entry.id)
        }
    }

    /// Whether somebody who is not the owner may do it, as the kernel's `posix_acl_permission` decides.
    ///
    /// - Parameter group: of the file.
    func allows(_ access: Credentials.Access, _ user: Credentials, group: UInt32) -> Bool {
        let wanted = access.rawValue & 7
        let mask = entries.first { $0.tag == .mask }?.permissions ?? 7
        var isMember = false
        for entry in entries {
            switch entry.tag {
            case .user where entry.id == user.userID:
                return wanted & ~(entry.permissions & mask) == 0
            case .owningGroup where user.isMember(of: group),
                .group where user.isMember(of: entry.id):
                isMember = true
                if wanted & ~entry.permissions == 0 { return wanted & ~mask == 0 }
            case .other: return !isMember && wanted & ~entry.permissions == 0
            default: continue
            }
        }
        return false
    }
}
