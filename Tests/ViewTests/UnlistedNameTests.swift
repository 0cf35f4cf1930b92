import Model
import Testing
import Tiers

@testable import View

/// Names of which a listing says nothing and the share, asked for each, does: its client may list what it remembers.
@Suite struct UnlistedNameTests {
    private static let rules = FreshnessRules(
        consistency: .eventual, propagationDelay: .seconds(5), attributeTTL: .seconds(300))

    private static func attributes(
        _ inode: UInt64, _ kind: FileKind = .regular
    ) -> FileAttributes {
        FileAttributes(
            device: 1, inode: inode, mode: kind.rawValue | 0o644, size: Int64(inode),
            modified: Timestamp(seconds: 1))
    }

    /// A root with files in it.
    private struct World {
        var table = NodeTable(
            rules: rules, root: UnlistedNameTests.attributes(1, .directory), at: .zero)
        var effects = NodeTable.Effects()
        var inodes: [Name: UInt64] = [:]

        func place(_ name: Name) -> Node.Place { Node.Place(parent: .root, name: name) }

        mutating func inode(of name: Name) -> UInt64 {
            if let known = inodes[name] { return known }
            inodes[name] = UInt64(inodes.count + 10)
            return UInt64(inodes.count + 9)
        }

        /// The share, asked for a name, says that it is there.
        @discardableResult
        mutating func look(_ name: Name, at now: Duration) -> NodeID {
            let id = table.enter(
                place(name), attributes(inode(of: name)), validity: nil, at: now, &effects)
            table.retain(id)
            return id
        }

        /// - Parameter now: when it was asked for.
        mutating func list(_ names: [Name], at now: Duration, validity: Validity? = nil) {
            let entries = names.map {
                StoredListing.Entry(name: $0, attributes: attributes(inode(of: $0)))
            }
            let order = table.merge(
                entries, into: .root, validity: validity, at: now, &effects)
            table.finishListing(
                .root, order, directory: attributes(1, .directory), validity: validity,
                cost: .zero, at: now, &effects)
        }

        func state(of name: Name, at now: Duration) -> Validity.State? {
            table[directory: .root]?.children[name].flatMap { table[$0] }.map {
                table.state(of: $0, at: now)
            }
        }

        /// What whoever lists the root sees.
        var listed: [Name] {
            (table[directory: .root]?.order ?? []).filter { table.shown($0, in: .root) != nil }
                .map(\.name).sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
        }
    }

    @Test func aListingOfBeforeTakesNoNameAwayThatTheShareHasToldOf() {
        var world = World()
        world.list(["old"], at: .seconds(1))
        let id = world.look("new", at: .seconds(2))
        _ = world.table.opened(id)
        for time in [8, 14] {
            // The share's client has it from before.
            world.effects = NodeTable.Effects()
            world.list(["old"], at: .seconds(time))
            #expect(world.listed == ["old"])
            #expect(
                world.table[directory: .root]?.children["new"] == id, "the node of who has it open")
            #expect(world.state(of: "new", at: .seconds(time)) == .expired, "the next look asks")
            #expect(world.effects.notices.contains(.entry(parent: .root, name: "new")))
        }
        world.list(["old", "new"], at: .seconds(20))
        #expect(world.listed == ["new", "old"])
        // What was listed, and is not any more, is gone.
        world.list(["old"], at: .seconds(26))
        #expect(world.state(of: "new", at: .seconds(26)) == nil)
    }

    @Test func whatIsToldWhileAFolderIsListedIsNotGone() {
        var world = World()
        world.list(["a", "b"], at: .seconds(1))
        // Made anew, and asked for, after the listing passed its place.
        world.look("b", at: .seconds(10))
        world.list(["a"], at: .seconds(9))
        #expect(world.state(of: "b", at: .seconds(11)) == .expired)
        world.list(["a"], at: .seconds(12))
        #expect(world.state(of: "b", at: .seconds(12)) == .expired)
        world.table.enterAbsent(world.place("b"), at: .seconds(13), &world.effects)
        world.list(["a"], at: .seconds(14))
        #expect(world.state(of: "b", at: .seconds(14)) == nil)
    }

    @Test func aStoredListingTakesNoNameAwayThatItMayNotHaveHad() {
        var world = World()
        world.look("new", at: .seconds(2))
        world.table[directory: .root]?.knowledge = .unread
        world.list(
            ["old"], at: .seconds(20), validity: Validity(since: .seconds(9), ttl: .seconds(300)))
        #expect(world.listed == ["old"])
        #expect(world.state(of: "new", at: .seconds(20)) == .expired)
    }

    @Test func whatTheViewPutsInAnUnlistedPlaceIsListed() {
        var world = World()
        world.list(["moved"], at: .seconds(1))
        for name in ["made", "target", "gone"] as [Name] { world.look(name, at: .seconds(2)) }
        world.table.unlinked(world.place("made"), at: .seconds(3), &world.effects)
        _ = world.table.made(
            world.place("made"), Self.attributes(70), at: .seconds(3), &world.effects)
        world.table.renamed(
            world.place("moved"), to: world.place("target"), isExchange: false, at: .seconds(3),
            &world.effects)
        world.table.unlinked(world.place("gone"), at: .seconds(3), &world.effects)
        #expect(world.listed == ["made", "target"])
    }

    /// Places of names that are gone are taken out once there are many.
    @Test func aNameThatAnotherFileHasTakenKeepsItsPlace() {
        var world = World()
        let names = (0..<70).map { Name("f\($0)") }
        world.list(names + ["last"], at: .seconds(1))
        for (number, name) in names.enumerated() {
            world.inodes[name] = UInt64(1000 + number)
            world.look(name, at: .seconds(2))
        }
        world.table.unlinked(world.place("last"), at: .seconds(3), &world.effects)
        #expect(Set(world.listed) == Set(names))
    }
}
