import Model
import Testing
import Tiers

@testable import View

/// What the table makes of changes through the view, worked out by hand.
@Suite struct NodeTableChangesTests {
    private func attributes(
        _ inode: UInt64, _ kind: FileKind = .regular, size: Int64 = 0, modified: Int64 = 1,
        links: UInt32 = 1
    ) -> FileAttributes {
        FileAttributes(
            device: 1, inode: inode, mode: kind.rawValue | 0o644, linkCount: links, size: size,
            modified: Timestamp(seconds: modified))
    }

    private func place(_ name: Name, in parent: NodeID = .root) -> Node.Place {
        Node.Place(parent: parent, name: name)
    }

    /// The root with these files in it, listed.
    private func table(
        _ names: [Name] = [], consistency: Consistency = .eventual
    ) -> NodeTable {
        var table = NodeTable(
            rules: FreshnessRules(
                consistency: consistency, propagationDelay: .seconds(5),
                attributeTTL: .seconds(300)),
            root: attributes(1, .directory), at: .zero)
        _ = list(&table, names.enumerated().map { ($1, attributes(UInt64($0 + 10), size: 100)) })
        return table
    }

    private func list(
        _ table: inout NodeTable, _ entries: [(Name, FileAttributes)],
        _ question: OpenQuestions.Number? = nil, at now: Duration = .zero
    ) -> NodeTable.Effects {
        var effects = NodeTable.Effects()
        let order = table.merge(
            entries.map { StoredListing.Entry(name: $0.0, attributes: $0.1, linkTarget: nil) },
            into: .root, question: question, validity: nil, at: now, &effects)
        table.finishListing(
            .root, order, question: question, directory: attributes(1, .directory), validity: nil,
            cost: .zero, at: now, &effects)
        return effects
    }

    /// What somebody who lists the root sees.
    private func shown(_ table: NodeTable) -> [Name] {
        guard let state = table[directory: .root] else { return [] }
        return state.order.map(\.name).filter { state.children[$0] != nil }
    }

    private func change<Value>(
        _ table: inout NodeTable, at now: Duration = .seconds(1),
        _ body: (inout NodeTable, Duration, inout NodeTable.Effects) -> Value
    ) -> (Value, NodeTable.Effects) {
        var effects = NodeTable.Effects()
        return (body(&table, now, &effects), effects)
    }

    // MARK: - Names

    @Test func aNameIsListedOnceHoweverOftenItComesAndGoes() {
        var table = table(["a", "b"])
        for round in 0..<5 {
            _ = change(&table) { $0.unlinked(place("a"), at: $1, &$2) }
            #expect(shown(table) == ["b"])
            _ = change(&table) {
                $0.made(place("a"), attributes(UInt64(50 + round)), at: $1, &$2)
            }
            #expect(shown(table) == ["a", "b"])
        }
        _ = change(&table) { $0.made(place("c"), attributes(60), at: $1, &$2) }
        #expect(shown(table) == ["a", "b", "c"])
    }

    @Test func aFolderThatIsEmptiedForgetsTheGapsOfItsListing() {
        let names = (0..<500).map { Name("f\($0)") }
        var table = table(names)
        for name in names { _ = change(&table) { $0.unlinked(place(name), at: $1, &$2) } }
        #expect(shown(table) == [])
        #expect((table[directory: .root]?.order.count ?? 0) <= 64)
    }

    @Test func aNewFolderIsKnownToBeEmpty() {
        var table = table()
        let (id, effects) = change(&table) {
            $0.made(place("d"), attributes(9, .directory), at: $1, &$2)
        }
        #expect(table[directory: id]?.knowledge == .complete)
        // The index may have a listing of an earlier folder of this name.
        #expect(effects.staleDirectories == [RelativePath(["d"])])
        #expect(effects.unstored == [RelativePath()])
        #expect(effects.notices == [])
    }

    @Test func renamingOverAFileMovesTheNodeAndTakesTheOther() {
        var table = table(["a", "b"])
        let (a, b) = (
            table[directory: .root]?.children["a"], table[directory: .root]?.children["b"]
        )
        let (moved, other) = (a ?? .root, b ?? .root)
        table.retain(moved)
        table.retain(other)
        let (_, effects) = change(&table) {
            $0.renamed(place("a"), to: place("b"), isExchange: false, at: $1, &$2)
        }
        #expect(shown(table) == ["b"])
        #expect(table[directory: .root]?.children["b"] == moved)
        #expect(table.path(of: moved) == RelativePath(["b"]))
        #expect(table[other]?.isDetached == true && table[other]?.attributes.linkCount == 0)
        #expect(effects.notices == [], "the kernel knows what it did")
    }

    @Test func exchangedNamesKeepTheirPlaces() {
        var table = table(["a", "b"])
        let (a, b) = (
            table[directory: .root]?.children["a"], table[directory: .root]?.children["b"]
        )
        _ = change(&table) {
            $0.renamed(place("a"), to: place("b"), isExchange: true, at: $1, &$2)
        }
        #expect(shown(table) == ["a", "b"])
        #expect(table[directory: .root]?.children["a"] == b)
        #expect(table[directory: .root]?.children["b"] == a)
    }

    @Test func renamingOneNameOfAFileToItsOtherLeavesBoth() {
        var table = table(["a"])
        let id = table[directory: .root]?.children["a"] ?? .root
        _ = change(&table) {
            $0.linked(id, place("b"), attributes(10, size: 100, links: 2), at: $1, &$2)
        }
        _ = change(&table) {
            $0.renamed(place("a"), to: place("b"), isExchange: false, at: $1, &$2)
        }
        #expect(shown(table) == ["a", "b"])
        _ = change(&table) { $0.unlinked(place("a"), at: $1, &$2) }
        #expect(table[id]?.attributes.linkCount == 1)
        #expect(table.path(of: id) == RelativePath(["b"]))
    }

    /// sshfs says 1 of everything; other clients say none of what they do not count.
    @Test(arguments: [0, 1] as [UInt32]) func whatHasANameHasALink(told: UInt32) {
        var table = table(["a"])
        let id = table[directory: .root]?.children["a"] ?? .root
        _ = change(&table) {
            $0.linked(id, place("b"), attributes(10, size: 100, links: told), at: $1, &$2)
        }
        #expect(table[id]?.attributes.linkCount == 1)
        _ = change(&table) { $0.unlinked(place("a"), at: $1, &$2) }
        #expect(table[id]?.attributes.linkCount == 1)
        let made = change(&table) {
            $0.made(place("c"), attributes(11, links: told), at: $1, &$2)
        }.0
        #expect(table[made]?.attributes.linkCount == 1)
        table.retain(made)
        _ = change(&table) { $0.unlinked(place("c"), at: $1, &$2) }
        #expect(table[made]?.attributes.linkCount == 0)
    }

    // MARK: - Contents

    @Test func aWrittenFileHasItsNewSizeAndIsAskedForBeforeItIsShown() throws {
        var table = table(["a"])
        let id = try #require(table[directory: .root]?.children["a"])
        let node = try #require(table[id])
        #expect(table.state(of: node, at: .seconds(1)) == .fresh)
        _ = change(&table) { $0.wrote(id, end: 150, at: $1, &$2) }
        _ = change(&table) { $0.wrote(id, end: 120, at: $1, &$2) }
        let written = try #require(table[id])
        #expect(written.attributes.size == 150)
        #expect(table.state(of: written, at: .seconds(1)) == .expired)
    }

    /// - pages: what the kernel has stays good if the share shows nothing but our own write.
    @Test(arguments: [
        (Consistency.eventual, Int64(150), 1.5, true), (.eventual, 151, 1.5, false),
        (.eventual, 150, 4, false), (.strict, 150, 1.5, false),
    ])
    func whatOnlyTheViewWroteStaysInTheKernel(
        consistency: Consistency, size: Int64, seconds: Double, staysValid: Bool
    ) throws {
        var table = table(["a"], consistency: consistency)
        let id = try #require(table[directory: .root]?.children["a"])
        table.retain(id)
        _ = table.opened(id)
        _ = change(&table, at: .seconds(1)) { $0.wrote(id, end: 150, at: $1, &$2) }
        let (_, effects) = change(&table, at: .seconds(seconds)) {
            $0.update(id, attributes(10, size: size, modified: 77), at: $1, &$2)
        }
        #expect(table[id]?.attributesAreStale == false)
        #expect(effects.notices.isEmpty == staysValid)
        let isValid = table.opened(id)
        #expect(isValid == staysValid)
    }

    // MARK: - Answers from before a change

    @Test func aChangeOvertakesTheQuestionsThatItMayHaveAnsweredDifferently() throws {
        var table = table(["a", "b"])
        let a = try #require(table[directory: .root]?.children["a"])
        let questions = [
            table.questions.ask(.node(a)), table.questions.ask(.name(place("a"))),
            table.questions.ask(.name(place("b"))), table.questions.ask(.name(place("new"))),
        ]
        _ = change(&table) { $0.wrote(a, end: 1, at: $1, &$2) }
        _ = change(&table) { $0.made(place("new"), attributes(70), at: $1, &$2) }
        let overtaken = questions.map { table.questions.close($0) }
        #expect(overtaken == [true, true, false, true])
    }

    @Test func aListingFromBeforeAChangeTakesTheChangedNamesFromTheTable() {
        var table = table(["gone", "stays"])
        let question = table.questions.ask(.listing(.root))
        _ = change(&table) { $0.unlinked(place("gone"), at: $1, &$2) }
        _ = change(&table) { $0.made(place("new"), attributes(70, size: 7), at: $1, &$2) }
        // As the share had it before both.
        _ = list(
            &table, [("gone", attributes(10, size: 100)), ("stays", attributes(11, size: 100))],
            question, at: .seconds(2))
        #expect(shown(table) == ["stays", "new"])
        let id = table[directory: .root]?.children["new"]
        #expect(id.flatMap { table[$0]?.attributes.size } == 7)
    }

    @Test func theIndexDoesNotTakeBackWhatWasWritten() throws {
        var table = table(["a"])
        let id = try #require(table[directory: .root]?.children["a"])
        _ = change(&table) { $0.wrote(id, end: 150, at: $1, &$2) }
        var effects = NodeTable.Effects()
        let stored = Validity(since: .seconds(100), ttl: .seconds(300))
        _ = table.enter(
            place("a"), attributes(10, size: 100), validity: stored, at: .seconds(100), &effects)
        #expect(table[id]?.attributes.size == 150 && table[id]?.attributesAreStale == true)
    }

    // MARK: - Renamed folders

    private func folder(_ table: inout NodeTable, _ name: Name, in parent: NodeID = .root) -> NodeID
    {
        var effects = NodeTable.Effects()
        return table.enter(
            place(name, in: parent), attributes(UInt64(table.known + 500), .directory),
            validity: nil, at: .zero, &effects)
    }

    @Test func aRenamedFolderConcernsOnlyWhatLiesInIt() {
        var table = table()
        let moving = folder(&table, "moving")
        let inside = folder(&table, "inside", in: moving)
        let elsewhere = folder(&table, "elsewhere")
        let asked = [moving, inside, elsewhere, .root].map {
            (
                table.questions.ask(.listing($0)), table.questions.ask(.node($0)),
                table.questions.ask(.name(place("x", in: $0)))
            )
        }
        table.willRename([place("moving"), place("moved")])
        #expect(
            [moving, inside, elsewhere, .root].map { table.isBeingMoved($0) }
                == [true, true, false, false])
        _ = change(&table) {
            $0.renamed(place("moving"), to: place("moved"), isExchange: false, at: $1, &$2)
        }
        table.didRename([place("moving"), place("moved")])
        #expect(!table.isBeingMoved(inside))
        let paths = asked.map { table.questions.isPathChanged($0.0) }
        #expect(paths == [true, true, false, false])
        let names = asked.map { table.questions.close($0.2) }
        #expect(names == [true, true, false, false])
        // The folders whose names changed have other times now.
        let nodes = asked.map { table.questions.close($0.1) }
        #expect(nodes == [true, true, false, true])
    }

    // MARK: - Listings that are older than what is known

    @Test func theIndexDoesNotTakeAwayWhatWasSeenSince() {
        var table = table()
        table[directory: .root] = DirectoryState()
        var effects = NodeTable.Effects()
        _ = table.enter(
            place("new"), attributes(70), validity: nil, at: .seconds(50), &effects)
        let stored = Validity(since: .seconds(10), ttl: .seconds(300))
        let order = table.merge(
            [StoredListing.Entry(name: "old", attributes: attributes(71))], into: .root,
            validity: stored, at: .seconds(60), &effects)
        table.finishListing(
            .root, order, directory: attributes(1, .directory), validity: stored, cost: .zero,
            at: .seconds(60), &effects)
        #expect(shown(table) == ["old", "new"])
    }

    /// In `strict` several openings of a folder ask at once, and the answers may come in any order.
    @Test func anEarlierListingDoesNotTakeBackALaterOne() {
        var table = table(["a"])
        let (first, second) = (
            table.questions.ask(.listing(.root)), table.questions.ask(.listing(.root))
        )
        let stored = table.questions.ask(.listing(.root), isOfIndex: true)
        _ = list(&table, [("a", attributes(10)), ("b", attributes(11))], second)
        _ = list(&table, [("a", attributes(10))], first)
        _ = list(&table, [("a", attributes(10)), ("gone", attributes(12))], stored)
        #expect(shown(table) == ["a", "b"])
    }

    @Test func aFolderThatIsKnownToHaveChangedIsNotFresh() throws {
        var table = table()
        let id = folder(&table, "d")
        var effects = NodeTable.Effects()
        let known = try #require(table[id]?.attributes)
        table.finishListing(
            id, [], directory: known, validity: nil, cost: .zero, at: .seconds(1), &effects)
        var changed = known
        changed.modified = Timestamp(seconds: 77)
        table.update(id, changed, at: .seconds(2), &effects)
        let validity = try #require(table[directory: id]?.validity)
        #expect(table.rules.state(of: validity, at: .seconds(2)) == .expired)
    }
}
