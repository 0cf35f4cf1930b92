import Fuse
import Model
import Testing
import Tiers

@testable import View

/// Which node the names of a file with several names have.
@Suite struct LinkedFileTests {
    private static let rules = FreshnessRules(
        consistency: .eventual, propagationDelay: .seconds(5), attributeTTL: .seconds(300))

    private func attributes(
        _ inode: UInt64, links: UInt32 = 2, size: Int64 = 5, changed: Int64 = 1,
        generation: UInt32 = 0, _ kind: FileKind = .regular
    ) -> FileAttributes {
        FileAttributes(
            device: 1, inode: inode, mode: kind.rawValue | 0o644, linkCount: links, size: size,
            generation: generation, modified: Timestamp(seconds: 1),
            changed: Timestamp(seconds: changed))
    }

    private func table(inodesLast: Bool = true) -> NodeTable {
        NodeTable(
            rules: Self.rules, root: attributes(1, .directory), inodesLast: inodesLast, at: .zero)
    }

    private func enter(
        _ table: inout NodeTable, _ name: Name, _ attributes: FileAttributes,
        validity: Validity? = nil, at now: Duration = .zero
    ) -> NodeID {
        var effects = NodeTable.Effects()
        return table.enter(
            Node.Place(parent: .root, name: name), attributes, validity: validity, at: now,
            &effects)
    }

    @Test func theNumberOfAFileThatIsGoneMergesNothing() {
        // With generations; and without them, by the time of the last change.
        for generations in [(UInt32(7), UInt32(8)), (0, 0), (7, 0)] {
            var table = table()
            let gone = enter(&table, "a", attributes(2, generation: generations.0))
            let next = enter(
                &table, "d", attributes(2, changed: 9, generation: generations.1), at: .seconds(1))
            #expect(gone != next)
            #expect(table.path(of: gone) == RelativePath(["a"]))
            // A further name of the one that has the number now.
            let further = enter(
                &table, "d2", attributes(2, changed: 9, generation: generations.1), at: .seconds(1))
            #expect(further == next)
        }
    }

    @Test func aFileThatChangedMeanwhileIsTheSameByItsGeneration() {
        var table = table()
        let first = enter(&table, "a", attributes(2, generation: 7))
        let second = enter(
            &table, "b", attributes(2, size: 9, changed: 9, generation: 7), at: .seconds(1))
        #expect(first == second)
        #expect(table[first]?.attributes.size == 9)
    }

    @Test func anotherGenerationUnderTheSameNameIsAnotherFile() {
        var table = table()
        let old = enter(&table, "a", attributes(2, generation: 7))
        table.retain(old)
        let new = enter(&table, "a", attributes(2, generation: 8), at: .seconds(1))
        #expect(old != new && table.path(of: old) == nil)
        // What is not asked for each time stays known.
        let same = enter(&table, "a", attributes(2, changed: 3), at: .seconds(2))
        #expect(same == new && table[new]?.attributes.generation == 8)
    }

    /// Its last known name is gone while it is open, and then another one is seen that it has had all the time.
    @Test func aNameThatIsSeenLateIsTheOpenFiles() {
        var table = table()
        var effects = NodeTable.Effects()
        let open = enter(&table, "a", attributes(2, links: 3, generation: 7))
        table.retain(open)
        _ = table.opened(open)
        table.unlinked(
            Node.Place(parent: .root, name: "a"), at: .seconds(1), &effects)
        table.update(
            open, attributes(2, links: 2, generation: 7), at: .seconds(1), &effects)
        #expect(table.path(of: open) == nil)
        let late = enter(&table, "b", attributes(2, links: 2, generation: 7), at: .seconds(2))
        #expect(table.path(of: late) == RelativePath(["b"]))
    }

    /// A file of the same size and time takes one of the names.
    @Test func aLinkedFileIsNotTheOneThatReplacesIt() {
        var table = table()
        let linked = enter(&table, "a", attributes(2))
        _ = enter(&table, "b", attributes(2))
        let other = enter(&table, "a", attributes(3, links: 1), at: .seconds(1))
        #expect(other != linked)
        #expect(table.path(of: linked) == RelativePath(["b"]))
    }

    @Test func eachNameIsAsOldAsItsOwnLastAnswer() throws {
        var table = table()
        let id = enter(&table, "a", attributes(2, generation: 7))
        _ = enter(&table, "b", attributes(2, generation: 7), at: .seconds(20))
        // The share has said of "b" that it leads there; of "a" nothing since the beginning.
        func state(_ name: Name) throws -> Validity.State {
            table.prefer(Node.Place(parent: .root, name: name), of: id)
            #expect(table.path(of: id) == RelativePath([name]))
            return table.state(of: try #require(table[id]), at: .seconds(21))
        }
        #expect(try state("b") == .fresh)
        #expect(try state("a") == .aging)
        #expect(try state("b") == .fresh)
        // When "b" goes, its age goes with it.
        var effects = NodeTable.Effects()
        table.enterAbsent(Node.Place(parent: .root, name: "b"), at: .seconds(21), &effects)
        #expect(try state("a") == .aging)
        #expect(table.severalNames(of: id, at: .seconds(21)).isEmpty && table.hasName(id))
    }

    /// Who opens the file to write may have come by any of these.
    @Test func namesThatTheKernelHasToAskForAreNoNamesToComeBy() {
        var table = table()
        let names: [Name] = ["a", "b", "c"]
        let id = enter(&table, "a", attributes(2))
        for name in names.dropFirst() { _ = enter(&table, name, attributes(2)) }
        func believe(_ name: Name, until time: Duration) {
            table.prefer(Node.Place(parent: .root, name: name), of: id)
            table.noteBelief(in: id, until: time)
        }
        for (index, name) in names.enumerated() { believe(name, until: .seconds(5 + 10 * index)) }
        func several(at time: Duration) -> Set<Name> {
            Set(table.severalNames(of: id, at: time).map(\.place.name))
        }
        #expect(several(at: .seconds(4)) == ["c", "a", "b"])
        // What was on its way when the kernel's belief ended arrives a moment later.
        #expect(several(at: .seconds(6)) == ["c", "a", "b"])
        #expect(several(at: .seconds(9)) == ["c", "b"])
        // The one that was looked up last is asked for always.
        #expect(several(at: .seconds(99)) == ["c"])
        table.prefer(Node.Place(parent: .root, name: "a"), of: id)
        #expect(several(at: .seconds(9)) == ["a", "b", "c"])
    }

    // MARK: - Several nodes of one file

    /// Known by one name, of which nobody asks what tells files apart; then by another, which it was given elsewhere.
    @Test func whatIsDoneByOneNodeHoldsForTheOthers() throws {
        for generation in [UInt32(0), 7] {
            var table = table()
            let a = enter(&table, "a", attributes(2, links: 1))
            let b = enter(
                &table, "b", attributes(2, changed: 5, generation: generation), at: .seconds(1))
            #expect(a != b && table.aliases(of: a) == [b] && table.aliases(of: b) == [a])
            for (written, other) in [(a, b), (b, a)] {
                table.retain(other)
                let version = table[other]?.version
                var effects = NodeTable.Effects()
                table.willWrite(written, at: .seconds(2), &effects)
                #expect(effects.distrusted == [other])
                #expect(table[other]?.version != version)
                let node = try #require(table[other])
                #expect(table.state(of: node, at: .seconds(2)) == .expired)
                // Not as the version that its attributes are of, which may be cached.
                #expect(node.attributesAreStale)
                table.wrote(written, end: 50, at: .seconds(2), &effects)
                #expect(table[other]?.attributes.size == 50)
                table.truncated(written, to: 5, at: .seconds(2), &effects)
                #expect(table[other]?.attributes.size == 5)
                // The pages that nothing was written to are right; and those that were, are gone by now.
                effects = NodeTable.Effects()
                table.update(
                    other, attributes(2, changed: 6, generation: generation), at: .seconds(3),
                    &effects)
                #expect(effects.notices.isEmpty && table[other]?.attributesAreStale == false)
            }
        }
    }

    /// Who waits for the pages of another node may be waited for by nobody there.
    @Test func ofTwoChangesThatMeetOneWaits() {
        var table = table()
        let a = enter(&table, "a", attributes(2, links: 1))
        let b = enter(&table, "b", attributes(2, changed: 5), at: .seconds(1))
        for id in [a, b] { table.retain(id) }
        func aliasesToDrop(of id: NodeID, _ bytes: Range<Int64>) -> [NodeID] {
            var effects = NodeTable.Effects()
            let aliases = table.aliasesToDrop(of: id, bytes, &effects)
            // For whom nobody waits, the notice goes by the way that nobody waits for.
            #expect(effects.notices == (aliases.isEmpty ? [.inode(id == a ? b : a)] : []))
            return aliases
        }
        table.willChange(a, 5_000..<6_000)
        #expect(aliasesToDrop(of: a, 5_000..<6_000) == [b])
        // In the same page, at the end of one that has none, and elsewhere.
        #expect(aliasesToDrop(of: b, 4_096..<4_097) == [])
        #expect(aliasesToDrop(of: b, .wholeFile) == [])
        #expect(aliasesToDrop(of: b, 0..<4_096) == [a])
        #expect(aliasesToDrop(of: b, 8_192..<9_000) == [a])
        table.willChange(a, 5_000..<6_000)
        table.didChange(a, 5_000..<6_000)
        #expect(aliasesToDrop(of: b, .wholeFile) == [])
        table.didChange(a, 5_000..<6_000)
        #expect(aliasesToDrop(of: b, .wholeFile) == [a])
    }

    @Test func filesThatShareNothingButANumberAreNoAliases() {
        var table = table()
        let a = enter(&table, "a", attributes(2, generation: 7))
        let b = enter(&table, "b", attributes(2, generation: 8), at: .seconds(1))
        var elsewhere = attributes(2, generation: 7)
        elsewhere.device = 2
        let c = enter(&table, "c", elsewhere)
        let link = enter(&table, "l", attributes(2, .symbolicLink))
        for id in [a, b, c, link] { #expect(table.aliases(of: id) == []) }
    }

    /// The number of a file that nobody knows any more is given to another one, on sshfs.
    @Test func numbersThatDoNotLastMakeNoAliases() {
        var table = table(inodesLast: false)
        let a = enter(&table, "a", attributes(2, links: 1))
        let b = enter(&table, "b", attributes(2, links: 1, changed: 5), at: .seconds(1))
        #expect(a != b && table.aliases(of: a) == [])
    }

    /// A file whose names are two nodes, on a share whose numbers may not last: what is set by the one is asked for by the other, and
    /// no listing gives the kernel what was known before.
    @Test func whatIsSetByOneNodeIsAskedForByTheOther() throws {
        var table = table(inodesLast: false)
        var effects = NodeTable.Effects()
        let a = enter(&table, "a", attributes(2))
        let b = enter(&table, "b", attributes(2, changed: 5), at: .seconds(1))
        for id in [a, b] { table.retain(id) }
        func isStale(_ id: NodeID) throws -> Bool {
            table.mustRevalidate(try #require(table[id]))
        }
        #expect(try a != b && !isStale(a) && !isStale(b))
        table.markStale(a, at: .seconds(2), &effects)
        #expect(try isStale(a) && isStale(b))
        #expect(effects.distrusted == [b])
        let entry = KnownNodes.entry(&table, b, at: .seconds(2))
        #expect(entry.attributeTimeout == 0)
        table.update(b, attributes(2, changed: 6), at: .seconds(3), &effects)
        #expect(try !isStale(b))
    }

    @Test func theIndexOfNumbersForgetsWhatIsGone() {
        var index = InodeIndex()
        let ids = (0..<4).map { NodeID(slot: UInt32($0), generation: 0) }
        for id in ids { index.insert(5, id) }
        #expect(Set(index[5]) == Set(ids))
        for (gone, id) in ids.enumerated() {
            index.remove(5, id)
            #expect(Set(index[5]) == Set(ids.dropFirst(gone + 1)))
        }
        index.insert(5, ids[0])
        index.remove(5, ids[1])
        #expect(index[5] == [ids[0]])
    }

    // MARK: - Names that are not known

    @Test func aChangeByOneNameGoesForNamesThatAreLearnedLater() throws {
        var table = table()
        var effects = NodeTable.Effects()
        let a = enter(&table, "a", attributes(2), at: .seconds(1))
        #expect(table.hasUnknownNames(a))
        table.wrote(a, end: 5, at: .seconds(3), &effects)
        #expect(effects.changedLinks == [2])
        // The index had it so, two seconds ago; and a file that has nothing to do with it.
        let stored = Validity(since: .seconds(2), ttl: .seconds(300))
        let b = enter(&table, "b", attributes(2, links: 1), validity: stored, at: .seconds(4))
        let c = enter(&table, "c", attributes(3), validity: stored, at: .seconds(4))
        #expect(table.state(of: try #require(table[b]), at: .seconds(4)) == .expired)
        #expect(table.state(of: try #require(table[c]), at: .seconds(4)) == .fresh)
        // Size and time are as they were, and yet the contents may be new: what was read of it goes.
        let version = table[b]?.version
        table.retain(b)
        effects = NodeTable.Effects()
        table.update(b, attributes(2, changed: 4), at: .seconds(5), &effects)
        #expect(table[b]?.version != version && effects.notices == [.inode(b)])
        #expect(table.state(of: try #require(table[b]), at: .seconds(5)) == .fresh)
    }

    @Test func whatHasAllItsNamesKnownIsNobodyElses() {
        var table = table()
        var effects = NodeTable.Effects()
        let a = enter(&table, "a", attributes(2))
        _ = enter(&table, "b", attributes(2))
        let single = enter(&table, "c", attributes(3, links: 1))
        for id in [a, single] { table.wrote(id, end: 5, at: .seconds(3), &effects) }
        #expect(effects.changedLinks == [])
        // Somebody gave it a third name, which the first look after the change brings.
        table.update(a, attributes(2, links: 3, changed: 4), at: .seconds(4), &effects)
        #expect(effects.changedLinks == [2])
    }

    @Test func tooManyNumbersAreAll() {
        var links = ChangedLinks()
        for inode in 0..<ChangedLinks.numbersMax {
            let isCounted = links.note(UInt64(inode), at: .seconds(1))
            #expect(isCounted)
        }
        #expect(!links.isOvertaken(1 << 40, since: .zero))
        let isCounted = links.note(1 << 40, at: .seconds(2))
        #expect(!isCounted)
        // Of none is anything believed that is older.
        let overtaken = [5, 1 << 40, 1 << 41].map { links.isOvertaken($0, since: .seconds(1)) }
        #expect(overtaken == [true, true, true])
        #expect(!links.isOvertaken(5, since: .seconds(2)))
    }
}
