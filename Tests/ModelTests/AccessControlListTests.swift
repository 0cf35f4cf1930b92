import Model
import Testing

/// ACLs as the kernel decides by them, each case worked out by hand from acl(5).
@Suite struct AccessControlListTests {
    private enum Tag: UInt16 {
        case owner = 1
        case user = 2
        case owningGroup = 4
        case group = 8
        case mask = 16
        case other = 32
    }

    private func value(_ entries: [(Tag, UInt16, UInt32)]) -> [UInt8] {
        entries.reduce(into: [2, 0, 0, 0]) { bytes, entry in
            for number in [entry.0.rawValue, entry.1] {
                bytes += [UInt8(number & 255), UInt8(number >> 8)]
            }
            bytes += withUnsafeBytes(of: entry.2.littleEndian) { Array($0) }
        }
    }

    /// Owner 7, group 9, with a mask as the group's bits.
    private func file(_ mode: UInt32, user: UInt32 = 7) -> FileAttributes {
        FileAttributes(
            inode: 1, mode: FileKind.regular.rawValue | mode, userID: user, groupID: 9)
    }

    private func user(_ id: UInt32, _ groups: [UInt32] = []) -> Credentials {
        Credentials(userID: id, groupID: id, supplementaryGroups: groups)
    }

    @Test func decides() throws {
        let list = AccessList(
            value([
                (.owner, 7, .max), (.user, 0, 100), (.user, 6, 101), (.user, 7, 102),
                (.owningGroup, 4, .max), (.group, 2, 50), (.group, 7, 51), (.mask, 6, .max),
                (.other, 4, .max),
            ]))
        let found = file(0o764)
        // A user's own entry counts before all groups of his, and never beyond the mask.
        #expect(!user(100, [9, 51]).allows(.read, on: found, list))
        #expect(user(101).allows([.read, .write], on: found, list))
        #expect(user(102).allows([.read, .write], on: found, list))
        #expect(!user(102).allows(.execute, on: found, list))
        // One of the groups has to give all of it.
        #expect(user(103, [9]).allows(.read, on: found, list))
        #expect(!user(103, [9, 50]).allows([.read, .write], on: found, list))
        #expect(user(103, [9, 51]).allows([.read, .write], on: found, list))
        // A member is not one of the others.
        #expect(!user(103, [50]).allows(.read, on: found, list))
        #expect(user(104).allows(.read, on: found, list))
        #expect(!user(104).allows(.write, on: found, list))
        // The owner has what the mode says, whatever entry he has.
        #expect(user(100).allows(.execute, on: file(0o764, user: 100), list))
        // An empty mask: the mode alone.
        #expect(user(100).allows(.read, on: file(0o704), list))
        // Capabilities are above it.
        var root = user(0)
        root.capabilities = ~0
        #expect(root.allows([.read, .write], on: found, list))
    }

    @Test func whatCannotBeOneLetsNobodyIn() {
        let good = value([(.owner, 6, .max), (.owningGroup, 6, .max), (.other, 6, .max)])
        #expect(user(100).allows(.read, on: file(0o666), AccessList(good)))
        let bad: [[UInt8]] = [
            Array(good.dropLast()), [3, 0, 0, 0], [2, 0], good + [0, 0, 7, 0, 0, 0, 0, 0],
            value([(.other, 6, .max), (.owner, 6, .max)]),
            value([(.owner, 6, .max), (.other, 8, .max)]),
        ]
        for bytes in bad {
            #expect(AccessList(bytes) == .unreadable)
            #expect(!user(100).allows(.read, on: file(0o666), AccessList(bytes)))
            #expect(user(7).allows(.read, on: file(0o666), AccessList(bytes)))
        }
        #expect(AccessList([]) == .none)
    }
}
