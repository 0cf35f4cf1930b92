import Model
import Testing
import Tiers

@testable import View

/// Places in listings, by which the kernel goes on, and what is listed while the same folder is listed otherwise.
@Suite struct ListingPlacesTests {
    private static let rules = FreshnessRules(
        consistency: .strict, propagationDelay: .seconds(5), attributeTTL: .seconds(300))

    private static func attributes(
        _ inode: UInt64, _ kind: FileKind = .regular, links: UInt32 = 1
    ) -> FileAttributes {
        FileAttributes(
            device: 1, inode: inode, mode: kind.rawValue | 0o644, linkCount: links, size: 1,
            generation: links > 1 ? 7 : 0, modified: Timestamp(seconds: 1))
    }

    private var table = NodeTable(
        rules: Self.rules, root: Self.attributes(1, .directory), at: .zero)
    private var effects = NodeTable.Effects()

    private mutating func merge(
        _ names: [Name], into folder: NodeID = .root, links: UInt32 = 1,
        _ question: OpenQuestions.Number? = nil, at now: Duration = .zero
    ) -> [DirectoryState.Entry] {
        let entries = names.map { name in
            let inode = UInt64(name.bytes.last ?? 0) + 10
            return StoredListing.Entry(
                name: name, attributes: Self.attributes(inode, links: links))
        }
        return table.merge(
            entries, into: folder, question: question, validity: nil, at: now, &effects)
    }

    /// - Returns: the listing as who asked for it reads it.
    private mutating func finish(
        _ order: [DirectoryState.Entry], in folder: NodeID = .root,
        _ question: OpenQuestions.Number? = nil
    ) -> ListingSnapshot? {
        table.finishListing(
            folder, order, question: question, directory: Self.attributes(1, .directory),
            validity: nil, cost: .zero, at: .zero, &effects)
        return table.snapshot(of: folder, order, question)
    }

    private mutating func list(_ names: [Name]) throws -> ListingSnapshot {
        let order = merge(names)
        return try #require(finish(order))
    }

    private func shown(_ snapshot: ListingSnapshot?, in folder: NodeID = .root) -> [Name] {
        (snapshot?.entries ?? []).filter { table.shown($0, in: folder) != nil }.map(\.name)
    }

    @Test mutating func aPlaceIsNotTakenForOneInAnotherListing() throws {
        let first = try list(["a", "b", "c"])
        let longer = try list(["a", "b", "c", "d"])
        let place = first.offset(of: 4)
        #expect(first.position(of: place) == 4)
        // Nothing has moved.
        #expect(longer.position(of: place) == 4)
        let shifted = try list(["b", "c", "d"])
        #expect(shifted.position(of: place) == nil)
        #expect(shifted.position(of: 0) == 0)
        #expect(shifted.position(of: shifted.offset(of: 4)) == 4)
    }

    /// What is forgotten may be listed in another order.
    @Test mutating func placesAreOthersOnceAFolderWasForgotten() throws {
        let place = try list(["a", "b", "c"]).offset(of: 4)
        table.unlist(.root, &effects)
        let again = try list(["c", "a", "b"])
        #expect(again.position(of: place) == nil)
    }

    /// Who opens a folder may be shown what another handle has read before, and goes on in that.
    @Test mutating func theListingBeforeIsKnownWhileTheFolderIsOpen() throws {
        table.openFolders[.root] = 1
        let first = try list(["a", "b", "c"])
        _ = try list(["c", "b", "a"])
        let goneOn = table.snapshot(of: .root, with: first.offset(of: 3))
        #expect(goneOn?.entries.map(\.name) == ["a", "b", "c"])
        // Also where it has changed more often since, as far as that takes little memory.
        for turn in 0..<12 { _ = try list(turn % 2 == 0 ? ["b", "a"] : ["a", "c"]) }
        #expect(table.snapshot(of: .root, with: first.offset(of: 3))?.entries.count == 3)
        for turn in 0..<12 { _ = try list(turn % 2 == 0 ? ["b", "a"] : ["a", "c"]) }
        #expect(table.snapshot(of: .root, with: first.offset(of: 3)) == nil)
        let large = try list((0..<40_000).map { Name("f\($0)") })
        _ = try list(["a"])
        #expect(table.snapshot(of: .root, with: large.offset(of: 3)) != nil)
        _ = try list((0..<40_000).map { Name("g\($0)") })
        _ = try list(["b"])
        #expect(table.snapshot(of: .root, with: large.offset(of: 3)) == nil)
        table.openFolders[.root] = nil
        _ = try list(["b", "c", "a"])
        #expect(table.snapshot(of: .root, with: first.offset(of: 3)) == nil)
        #expect(table[directory: .root]?.formers.isEmpty == true)
    }

    @Test mutating func placesAreOthersOnceRemovedNamesAreLeftOut() throws {
        let names = (0..<200).map { Name("f\($0)") }
        let first = try list(names)
        let place = first.offset(of: 150)
        for name in names.prefix(60) {
            table.unlinked(Node.Place(parent: .root, name: name), at: .zero, &effects)
        }
        #expect(table.snapshot(of: .root)?.position(of: place) == 150)
        for name in names.prefix(130).dropFirst(60) {
            table.unlinked(Node.Place(parent: .root, name: name), at: .zero, &effects)
        }
        #expect(table.snapshot(of: .root)?.position(of: place) == nil)
        #expect(table[directory: .root]?.formers.isEmpty == true, "nobody has it open")
    }

    @Test mutating func aListingThatCameTooLateHasPlacesOfItsOwn() throws {
        let older = table.questions.ask(.listing(.root))
        let newer = table.questions.ask(.listing(.root))
        let olderOrder = merge(["a", "b"], older)
        let newerOrder = merge(["b", "a"], newer)
        let second = try #require(finish(newerOrder, newer))
        let first = try #require(finish(olderOrder, older))
        #expect(first.position(of: second.offset(of: 3)) == nil)
        #expect(table.snapshot(of: .root)?.position(of: first.offset(of: 3)) == nil)
    }

    /// The node lives on by the file's other name.
    @Test mutating func aLinkedFileThatIsForgottenMeanwhileIsListed() {
        let first = table.enter(
            Node.Place(parent: .root, name: "one"), Self.attributes(2, .directory), validity: nil,
            at: .zero, &effects)
        let second = table.enter(
            Node.Place(parent: .root, name: "two"), Self.attributes(3, .directory), validity: nil,
            at: .zero, &effects)
        let there = merge(["x"], into: first, links: 2)
        _ = finish(there, in: first)
        let order = merge(["x", "y"], into: second, links: 2)
        #expect(order.first?.node == there.first?.node)
        table.unlist(second, &effects)
        let snapshot = finish(order, in: second)
        #expect(shown(snapshot, in: second) == ["x", "y"])
    }

    /// The older listing lacks what the newer one has brought already, and a program uses.
    @Test mutating func anOlderListingTakesNothingOutOfANewerOne() {
        let older = table.questions.ask(.listing(.root))
        let olderOrder = merge(["a"], older)
        let newer = table.questions.ask(.listing(.root))
        let newerOrder = merge(["a", "b"], newer)
        if let appeared = newerOrder.last { table.retain(appeared.node) }
        _ = finish(olderOrder, older)
        let snapshot = finish(newerOrder, newer)
        #expect(shown(snapshot) == ["a", "b"])
    }

    /// Each of two listings that are under way may lack what the other has.
    @Test mutating func whatIsListedTwiceAtOnceIsNotForgottenBetweenThem() {
        let first = table.questions.ask(.listing(.root))
        let second = table.questions.ask(.listing(.root))
        let firstOrder = merge(["a", "appeared"], first, at: .seconds(1))
        let secondOrder = merge(["a"], second, at: .seconds(1))
        _ = finish(firstOrder, first)
        _ = table.questions.close(first)
        table.unlist(.root, &effects)
        _ = finish(secondOrder, second)
        #expect(table[directory: .root]?.children["appeared"] != nil)
        _ = table.questions.close(second)
        table.unlist(.root, &effects)
        #expect(table[directory: .root]?.children.isEmpty == true)
    }

    /// A name that went and one that came while a folder was listed leave its count as it was.
    @Test mutating func whatWentMeanwhileHidesNothingThatCame() {
        let question = table.questions.ask(.listing(.root))
        let order = merge(["a", "b"], question)
        table.enterAbsent(Node.Place(parent: .root, name: "a"), at: .zero, &effects)
        _ = table.enter(
            Node.Place(parent: .root, name: "c"), Self.attributes(9), validity: nil, at: .zero,
            &effects)
        let snapshot = finish(order, question)
        #expect(snapshot?.entries.map(\.name) == ["b"])
        #expect(table[directory: .root]?.unlisted == ["c"], "the next listing has it")
    }
}
