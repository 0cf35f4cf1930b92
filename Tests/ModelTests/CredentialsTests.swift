import Model
import Testing

/// Decisions worked out by hand after path_resolution(7) and the kernel's `generic_permission`.
@Suite struct CredentialsTests {
    private let ann = Credentials(userID: 1000, groupID: 1000, supplementaryGroups: [50, 60])
    private let root = Credentials(userID: 0, groupID: 0, capabilities: 0b11111)

    private func file(
        _ mode: UInt32, user: UInt32 = 0, group: UInt32 = 0, _ kind: FileKind = .regular
    ) -> FileAttributes {
        FileAttributes(inode: 1, mode: kind.rawValue | mode, userID: user, groupID: group)
    }

    @Test func theFirstClassThatFitsDecides() {
        #expect(ann.allows([.read, .write], on: file(0o600, user: 1000)))
        // An owner without the right does not have it as one of the others.
        #expect(!ann.allows(.read, on: file(0o077, user: 1000)))
        #expect(ann.allows(.write, on: file(0o060, group: 50)))
        #expect(!ann.allows(.read, on: file(0o604, group: 60)))
        #expect(ann.allows(.read, on: file(0o604)))
        #expect(!ann.allows([.read, .write], on: file(0o604)))
    }

    @Test func capabilitiesStandAboveModes() {
        #expect(root.allows([.read, .write], on: file(0, user: 1000)))
        #expect(!root.allows(.execute, on: file(0o600)))
        #expect(root.allows(.execute, on: file(0o601)))
        #expect(root.allows(.execute, on: file(0, .directory)))
        var backup = ann
        backup.capabilities = 1 << Credentials.Capability.overrideRead.rawValue
        #expect(backup.allows(.read, on: file(0o600)))
        #expect(!backup.allows(.write, on: file(0o600)))
        #expect(backup.allows([.read, .execute], on: file(0o700, .directory)))
    }

    @Test func aStickyFolderKeepsTheFilesOfOthers() {
        let folder = file(0o1777, user: 7, .directory)
        #expect(!ann.mayRemove(file(0o666), from: folder))
        #expect(ann.mayRemove(file(0, user: 1000), from: folder))
        #expect(ann.mayRemove(file(0o600), from: file(0o1777, user: 1000, .directory)))
        #expect(ann.mayRemove(file(0o600), from: file(0o777, .directory)))
        #expect(!ann.mayRemove(file(0, user: 1000), from: file(0o755, .directory)))
        #expect(root.mayRemove(file(0o600, user: 9), from: folder))
    }

    /// What is decided without asking for groups and capabilities is what would be decided with them.
    @Test func whatModesAloneAllowIsAllowed() {
        let accesses: [Credentials.Access] = [.read, .write, .execute, [.read, .write]]
        for mode in UInt32(0)...0o777 {
            for (user, group) in [(1000, 1000), (1000, 0), (0, 1000), (0, 50), (0, 0)] {
                let found = file(mode, user: UInt32(user), group: UInt32(group))
                for access in accesses {
                    let quick = Credentials.allows(access, user: 1000, group: 1000, on: found)
                    if quick == true {
                        #expect(ann.allows(access, on: found), "\(mode) \(user) \(group)")
                    } else {
                        #expect(quick == nil)
                    }
                }
            }
        }
    }

    @Test func anAnchorHoldsForTheSameFileOrTheSameReaders() {
        var other = file(0o644)
        other.inode = 2
        let (one, two) = (FileIdentity(file(0o644)), FileIdentity(other))
        #expect(ObjectAnchor(one, inodesLast: true).holds(for: one))
        #expect(!ObjectAnchor(one, inodesLast: true).holds(for: two))
        #expect(ObjectAnchor(one, inodesLast: false).holds(for: two))
        let secret = FileIdentity(file(0o600))
        #expect(!ObjectAnchor(one, inodesLast: false).holds(for: secret))
        // Its number may be another file's by now.
        #expect(!ObjectAnchor(one, inodesLast: true).holds(for: secret))
        #expect(ObjectAnchor(secret, inodesLast: true).holds(for: one))
        #expect(!secret.letsRead(atLeastAs: one))
        #expect(one.letsRead(atLeastAs: secret))
    }
}
