import Model
import Testing
import Tiers

@testable import View

/// Names in another case than they are listed in, as the table has them.
@Suite struct SpellingTests {
    private static let rules = FreshnessRules(
        consistency: .eventual, propagationDelay: .seconds(5), attributeTTL: .seconds(300))

    private static func attributes(
        _ inode: UInt64, _ kind: FileKind = .regular, links: UInt32 = 1
    ) -> FileAttributes {
        FileAttributes(
            device: 1, inode: inode, mode: kind.rawValue | 0o644, linkCount: links, size: 5,
            modified: Timestamp(seconds: 1))
    }

    private struct World {
        var table = NodeTable(
            rules: rules, root: SpellingTests.attributes(1, .directory), at: .zero)
        var effects = NodeTable.Effects()

        func place(_ name: Name) -> Node.Place { Node.Place(parent: .root, name: name) }

        /// The kernel looks, and the share has it.
        @discardableResult
        mutating func look(_ name: Name, _ attributes: FileAttributes, at now: Int) -> NodeID {
            let id = table.enter(
                place(name), attributes, validity: nil, at: .seconds(now), &effects)
            table.retain(id)
            return id
        }

        mutating func list(_ entries: [(Name, FileAttributes)], at now: Int) {
            let order = table.merge(
                entries.map { StoredListing.Entry(name: $0.0, attributes: $0.1) }, into: .root,
                validity: nil, at: .seconds(now), &effects)
            table.finishListing(
                .root, order, directory: attributes(1, .directory), validity: nil, cost: .zero,
                at: .seconds(now), &effects)
        }

        var state: DirectoryState { table[directory: .root] ?? DirectoryState() }

        mutating func note(_ findings: CaseFindings, by name: Name) {
            table.note(findings, in: .root, by: name, &effects)
        }

        func listed(_ name: Name) -> Name {
            var table = table
            return table.listed(place(name)).name
        }

        /// - Returns: seconds for which the kernel may believe it.
        mutating func look(inVain name: Name, at now: Int) -> Double {
            table.enterAbsent(place(name), at: .seconds(now), &effects)
        }

        func isUnknown(_ name: Name) -> Bool {
            var table = table
            if case .unknown = table.spelling(of: name, in: .root) { return true }
            return false
        }
    }

    @Test func whatWasFoundByAnotherSpellingIsTheListedName() {
        for (kind, isShown) in [(FileKind.regular, false), (.regular, true), (.directory, false)] {
            var world = World()
            let file = Self.attributes(7, kind)
            let id = world.look("NAME", file, at: 1)
            if isShown { world.note(.latinIsIgnored, by: "NAME") }
            world.list([("Name", file), ("other", Self.attributes(8))], at: 2)
            #expect(world.state.children["NAME"] == nil && world.state.children["Name"] == id)
            #expect(world.table.path(of: id) == RelativePath(["Name"]))
            #expect(world.state.order.map(\.node).first == id)
            #expect(world.effects.notices.contains(.entry(parent: .root, name: "NAME")))
        }
    }

    @Test func twoFilesAndTwoNamesOfOneStayApart() {
        var world = World()
        let (one, other) = (Self.attributes(7), Self.attributes(8))
        let id = world.look("NAME", one, at: 1)
        world.list([("Name", other), ("NAME", one)], at: 2)
        #expect(world.state.children["NAME"] == id && world.state.children["Name"] != id)
        // Hard links: asked for by each of them.
        let linked = Self.attributes(9, links: 2)
        world.look("LINK", linked, at: 3)
        world.list([("Name", other), ("NAME", one), ("Link", linked)], at: 2)
        #expect(world.state.children["LINK"] != nil && world.state.children["Link"] != nil)
    }

    @Test func onlyWhatTheShareHasShownIsTaken() {
        var world = World()
        world.list([("Name", Self.attributes(7)), ("Ärger", Self.attributes(8))], at: 1)
        #expect(world.isUnknown("NAME") && world.listed("NAME") == "NAME")
        world.note(.latinIsIgnored, by: "Name")
        #expect(world.listed("NAME") == "Name" && world.listed("Name") == "Name")
        #expect(world.isUnknown("ärger"), "the case of another alphabet is asked for")
        world.table[directory: .root]?.noteShown("ärger", of: "Ärger")
        #expect(world.listed("ärger") == "Ärger" && world.isUnknown("äRGER"))
        // Two names that are alike are two.
        world.list(
            [("Name", Self.attributes(7)), ("name", Self.attributes(9))], at: 9)
        #expect(world.listed("name") == "name" && world.isUnknown("NAME"))
        world.note(.latinCounts, by: "Name")
        #expect(!world.isUnknown("NAME") && world.listed("NAME") == "NAME")
        // Elsewhere the same may not be so.
        #expect(!world.table.seemsToIgnoreCase("a", "A"))
    }

    @Test func whatWasToldOfANameThatIsGoneIsForgotten() {
        var world = World()
        world.list([("Name", Self.attributes(7)), ("Other", Self.attributes(8))], at: 1)
        world.note(.latinCounts, by: "Name")
        #expect(!world.isUnknown("OTHER"))
        world.list([("Other", Self.attributes(8))], at: 9)
        #expect(world.isUnknown("OTHER"), "it may have been gone by then")
    }

    @Test func namesThatAreMadeAreFoundByTheIndex() {
        var world = World()
        world.list([("Name", Self.attributes(7))], at: 1)
        #expect(!world.isUnknown("MADE"))
        for (number, name) in (["Made", "Gone"] as [Name]).enumerated() {
            _ = world.table.made(
                world.place(name), Self.attributes(UInt64(20 + number)), at: .seconds(2),
                &world.effects)
        }
        world.table.unlinked(world.place("Gone"), at: .seconds(2), &world.effects)
        #expect(world.isUnknown("MADE") && !world.isUnknown("GONE"))
    }

    @Test func whoMakesWhatCannotBeMadeIsBelieved() {
        var world = World()
        world.list([("Name", Self.attributes(7))], at: 1)
        world.note(.latinIsIgnored, by: "Name")
        _ = world.table.made(
            world.place("NAME"), Self.attributes(8), at: .seconds(2), &world.effects)
        let id = world.state.children["Name"]
        #expect(world.state.children["NAME"] != id)
        let state = id.flatMap { world.table[$0] }.map {
            world.table.state(of: $0, at: .seconds(2))
        }
        #expect(state == .expired, "the next look asks whether it is there still")
    }

    @Test func theKernelIsToldThatAnotherSpellingWasMade() {
        var world = World()
        _ = world.look(inVain: "NAME", at: 1)
        world.list([], at: 1)
        world.effects = NodeTable.Effects()
        _ = world.table.made(
            world.place("name"), Self.attributes(8), at: .seconds(1), &world.effects)
        #expect(world.effects.notices.contains(.entry(parent: .root, name: "NAME")))
        // Where case is ignored it believes nothing of the kind.
        let before = world.look(inVain: "b", at: 1)
        world.note(.latinIsIgnored, by: "name")
        let after = world.look(inVain: "c", at: 1)
        #expect(before > 0 && after == 0)
    }

    @Test func namesBeyondTheBoundAreNotBelievedToBeAbsent() {
        var world = World()
        for number in 0..<DirectoryState.absentMax {
            let timeout = world.look(inVain: Name("n\(number)"), at: 1)
            #expect(timeout > 0)
        }
        let (early, late) = (world.look(inVain: "x", at: 1), world.look(inVain: "x", at: 9))
        #expect(early == 0 && late > 0)
        #expect(world.state.absent.count == 1, "what is not believed any more makes room")
    }
}
