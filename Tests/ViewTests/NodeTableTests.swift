import Model
import Tiers
import Testing

@testable import View

@Suite struct NodeTableTests {
    static let rules = FreshnessRules(
        consistency: .eventual, propagationDelay: .seconds(5), attributeTTL: .seconds(300))

    private func attributes(
        _ inode: UInt64, _ kind: FileKind = .regular, size: Int64 = 0, modified: Int64 = 1,
        links: UInt32 = 1
    ) -> FileAttributes {
        FileAttributes(
            device: 1, inode: inode, mode: kind.rawValue | 0o644, linkCount: links, size: size,
            modified: Timestamp(seconds: modified))
    }

    private func table(knownMax: Int = 1_000_000) -> NodeTable {
        NodeTable(
            rules: Self.rules, root: attributes(1, .directory), knownMax: knownMax, at: .zero)
    }

    private func enter(
        _ table: inout NodeTable, _ name: Name, in parent: NodeID = .root,
        _ attributes: FileAttributes,
        at now: Duration = .zero
    ) -> (NodeID, NodeTable.Effects) {
        var effects = NodeTable.Effects()
        let id = table.enter(
            Node.Place(parent: parent, name: name), attributes, validity: nil, at: now, &effects)
        return (id, effects)
    }

    private func list(
        _ table: inout NodeTable, _ parent: NodeID, _ entries: [(Name, FileAttributes)],
        at now: Duration = .zero
    ) -> NodeTable.Effects {
        var effects = NodeTable.Effects()
        let order = table.merge(
            entries.map { StoredListing.Entry(name: $0.0, attributes: $0.1, linkTarget: nil) },
            into: parent, validity: nil, at: now, &effects)
        table.finishListing(
            parent, order, directory: attributes(1, .directory), validity: nil,
            cost: .zero, at: now, &effects)
        return effects
    }

    @Test func aNodeNumberIsNeverUsedForTwoFiles() {
        var table = table()
        var seen: Set<NodeID> = []
        for round in 0..<100 {
            let (id, _) = enter(&table, "a", attributes(UInt64(round + 2), size: Int64(round)))
            #expect(seen.insert(id).inserted, "number \(id) came back")
            var effects = NodeTable.Effects()
            table.enterAbsent(Node.Place(parent: .root, name: "a"), at: .zero, &effects)
            #expect(!table.isKnown(id))
        }
        #expect(table.known == 1)
    }

    @Test func aReplacedFileIsAnotherNodeAndTheOldOneLivesWhileItIsOpen() {
        var table = table()
        let (old, _) = enter(&table, "a", attributes(2, size: 10))
        table.retain(old)
        _ = table.opened(old)
        let (new, effects) = enter(&table, "a", attributes(3, size: 20, modified: 9))
        #expect(old != new)
        #expect(effects.notices == [.entry(parent: .root, name: "a")])
        #expect(table[old]?.attributes.size == 10)
        #expect(table.path(of: old) == nil)
        var late = NodeTable.Effects()
        table.forget(old, count: 1, &late)
        #expect(table.isKnown(old), "still open")
        table.released(old, &late)
        #expect(!table.isKnown(old))
    }

    @Test func aChangedFileKeepsItsNodeAndTheKernelIsTold() {
        var table = table()
        let (id, _) = enter(&table, "a", attributes(2, size: 10))
        table.retain(id)
        let (same, effects) = enter(
            &table, "a", attributes(2, size: 11, modified: 5), at: .seconds(9))
        #expect(same == id)
        #expect(effects.notices == [.inode(id)])
        #expect(table[id]?.attributes.size == 11)
    }

    @Test func pagesAreKeptOnlyWhileTheVersionIsTheOneThatWasOpened() {
        var table = table()
        let (id, _) = enter(&table, "a", attributes(2, size: 10))
        // A new number has no pages yet, so there is nothing to drop.
        var kept = [table.opened(id), table.opened(id)]
        // The lookup in front of the next open sees the change; the open itself finds nothing new.
        _ = enter(&table, "a", attributes(2, size: 10, modified: 7), at: .seconds(9))
        kept += [table.opened(id), table.opened(id)]
        #expect(kept == [true, true, false, true])
    }

    /// The kernel may have read the listing while the name was away.
    @Test func aNameThatWentAndCameBackMakesAnotherListing() {
        var table = table()
        let entries: [(Name, FileAttributes)] = [
            ("a", attributes(2, links: 2)), ("b", attributes(2, links: 2)),
        ]
        _ = list(&table, .root, entries)
        let before = table[directory: .root]?.version
        table[directory: .root]?.versionInKernel = before
        var effects = NodeTable.Effects()
        table.enterAbsent(Node.Place(parent: .root, name: "b"), at: .zero, &effects)
        #expect(effects.notices.contains(.inode(.root)))
        _ = list(&table, .root, entries, at: .seconds(9))
        #expect(table[directory: .root]?.version != before)
    }

    @Test func anotherFileUnderANameMakesAnotherListing() {
        var table = table()
        _ = list(&table, .root, [("a", attributes(2, size: 1))])
        let before = table[directory: .root]?.version
        table[directory: .root]?.versionInKernel = before
        let effects = list(&table, .root, [("a", attributes(3, size: 2))], at: .seconds(9))
        #expect(table[directory: .root]?.version != before)
        #expect(effects.notices.contains(.inode(.root)))
    }

    @Test func inodeNumbersThatComeAndGoAreNotChanges() {
        var table = table()
        let (id, _) = enter(&table, "a", attributes(2, size: 10))
        table.retain(id)
        let (same, effects) = enter(&table, "a", attributes(77, size: 10), at: .seconds(9))
        #expect(same == id)
        #expect(effects.notices.isEmpty)
        #expect(table[id]?.attributes.inode == 2, "what stat showed must not move")
    }

    @Test func hardLinksAreOneNodeAndOneNameMayGo() {
        var table = table()
        let (first, _) = enter(&table, "a", attributes(2, links: 2))
        let (second, _) = enter(&table, "b", attributes(2, links: 2))
        #expect(first == second)
        var effects = NodeTable.Effects()
        table.enterAbsent(Node.Place(parent: .root, name: "a"), at: .zero, &effects)
        #expect(table.isKnown(second))
        #expect(table.path(of: second) == RelativePath(["b"]))
        table.enterAbsent(Node.Place(parent: .root, name: "b"), at: .zero, &effects)
        #expect(!table.isKnown(second))
    }

    @Test func aListingRemovesWhatItLacksAndSaysSo() {
        var table = table()
        _ = list(&table, .root, [("a", attributes(2)), ("b", attributes(3))])
        let effects = list(
            &table, .root, [("b", attributes(3)), ("c", attributes(4))], at: .seconds(10))
        #expect(table[directory: .root]?.order.map(\.name) == ["b", "c"])
        #expect(
            table[directory: .root]?.children.keys.sorted {
                $0.bytes.lexicographicallyPrecedes($1.bytes)
            } == ["b", "c"])
        #expect(effects.notices.contains(.entry(parent: .root, name: "a")))
        #expect(table.known == 3)
    }

    @Test func anUnchangedListingDoublesItsTimeToLiveAndAChangedOneHalvesIt() {
        var table = table()
        _ = list(&table, .root, [("a", attributes(2))])
        #expect(table[directory: .root]?.validity.ttl == .seconds(300))
        _ = list(&table, .root, [("a", attributes(2))], at: .seconds(10))
        #expect(table[directory: .root]?.validity.ttl == .seconds(600))
        _ = list(&table, .root, [("b", attributes(3))], at: .seconds(20))
        #expect(table[directory: .root]?.validity.ttl == .seconds(300))
    }

    @Test func timeToLiveStaysWithinItsBounds() {
        var validity = Self.rules.initial(at: .zero)
        for round in 1...40 {
            validity = Self.rules.renewed(validity, changed: false, at: .seconds(round * 10))
        }
        #expect(validity.ttl == FreshnessRules.ttlMax)
        for round in 41...90 {
            validity = Self.rules.renewed(validity, changed: true, at: .seconds(round * 10))
        }
        #expect(validity.ttl == FreshnessRules.ttlMin)
    }

    @Test func freshAgingExpired() {
        let validity = Self.rules.initial(at: .zero)
        #expect(Self.rules.state(of: validity, at: .seconds(5)) == .fresh)
        #expect(Self.rules.state(of: validity, at: .seconds(6)) == .aging)
        #expect(Self.rules.state(of: validity, at: .seconds(300)) == .aging)
        #expect(Self.rules.state(of: validity, at: .seconds(301)) == .expired)
        var strict = Self.rules
        strict.consistency = .strict
        #expect(strict.state(of: validity, at: .zero) == .expired)
        #expect(strict.kernelTimeout(of: validity, at: .zero) == 0)
    }

    @Test func whatTheIndexSaysDoesNotTakeBackWhatTheShareSaidSince() {
        var table = table()
        let (id, _) = enter(&table, "a", attributes(2, size: 20, modified: 9), at: .seconds(50))
        var effects = NodeTable.Effects()
        let old = Validity(since: .seconds(-100), ttl: .seconds(300))
        _ = table.enter(
            Node.Place(parent: .root, name: "a"), attributes(2, size: 10), validity: old,
            at: .seconds(51), &effects)
        #expect(table[id]?.attributes.size == 20)
    }

    @Test func theTableIsBoundedAndSparesWhatTheKernelHolds() {
        var table = table(knownMax: 1000)
        var held: NodeID?
        for folder in 0..<30 {
            let (id, _) = enter(
                &table, Name("d\(folder)"), attributes(UInt64(100 + folder), .directory))
            table.touch(id)
            let files = (0..<100).map {
                (Name("f\($0)"), attributes(UInt64(10_000 + folder * 100 + $0)))
            }
            _ = list(&table, id, files)
            if folder == 0, let file = table[directory: id]?.children["f7"] {
                table.retain(file)
                held = file
            }
            #expect(table.known <= 1000 + 101)
        }
        #expect(held.map(table.isKnown) == true)
        // A folder that was forgotten is asked for again, not taken for empty.
        let first = table[directory: .root]?.children["d1"]
        #expect(first.map { table[directory: $0]?.knowledge == .unread } ?? true)
        #expect(table[directory: .root]?.knowledge == .unread)
    }

    /// What the kernel remembers cannot be forgotten before it does; what programs use is left alone.
    @Test func theKernelIsAskedForWhatIsBeyondTheBound() {
        var table = table(knownMax: 1000)
        var wanted: [NodeTable.Recalled] = []
        var opened: NodeID?
        for folder in 0..<40 {
            let (id, _) = enter(
                &table, Name("d\(folder)"), attributes(UInt64(100 + folder), .directory))
            table.retain(id)
            table.touch(id)
            let files = (0..<100).map {
                (Name("f\($0)"), attributes(UInt64(10_000 + folder * 100 + $0)))
            }
            wanted += list(&table, id, files).recalled
            for child in table[directory: id]?.children.values.map({ $0 }) ?? [] {
                table.retain(child)
                if opened == nil {
                    opened = child
                    _ = table.opened(child)
                }
            }
            var effects = NodeTable.Effects()
            for recalled in wanted {
                #expect(table[recalled.id]?.opens ?? 0 == 0)
                table.forget(recalled.id, count: 1, &effects)
            }
            wanted = []
            #expect(table.known <= 1000 + 101)
        }
        #expect(opened.map(table.isKnown) == true)
    }

    /// It is gone through name by name: to list it anew for each would never end.
    @Test func aFolderThatIsOpenKeepsItsNames() throws {
        var table = table(knownMax: 1000)
        table.openFolders[.root] = 1
        list(&table, (0..<1_500).map { entry(Name("f\($0)"), UInt64($0 + 10)) })
        #expect(table.known < 1000)
        let state = try #require(table[directory: .root])
        #expect(state.knowledge == .complete && state.order.count == 1_500)
        #expect(state.order.allSatisfy { table.shown($0, in: .root) != nil })
    }

    /// While it comes nothing of it can go.
    @Test func ofALargeListingNoMoreStaysThanThereIsRoomFor() {
        var table = table(knownMax: 1000)
        var effects = NodeTable.Effects()
        let (id, _) = enter(&table, "d", attributes(2, .directory))
        let question = table.questions.ask(.listing(id))
        var order: [DirectoryState.Entry] = []
        for batch in 0..<15 {
            order += table.merge(
                (0..<100).map {
                    entry(Name("f\(batch * 100 + $0)"), UInt64(batch * 100 + $0 + 10))
                },
                into: id, question: question, validity: nil, at: .zero, &effects)
            table.trim(sparing: id, &effects)
        }
        #expect(table.known > 1500)
        table.finishListing(
            id, order, question: question, directory: attributes(2, .directory), validity: nil,
            cost: .zero, at: .zero, &effects)
        #expect(table.snapshot(of: id, order, question)?.entries.count == 1500)
        #expect(table.known <= 1000)
    }

    // MARK: - Names without attributes

    private func bare(_ name: Name) -> StoredListing.Entry {
        StoredListing.Entry(
            name: name, attributes: FileAttributes(inode: 9, mode: FileKind.regular.rawValue),
            isNameOnly: true)
    }

    private func entry(_ name: Name, _ inode: UInt64) -> StoredListing.Entry {
        StoredListing.Entry(name: name, attributes: attributes(inode))
    }

    private func list(_ table: inout NodeTable, _ entries: [StoredListing.Entry]) {
        var effects = NodeTable.Effects()
        let order = table.merge(entries, into: .root, validity: nil, at: .zero, &effects)
        table.finishListing(
            .root, order, directory: attributes(1, .directory), validity: nil, cost: .zero,
            at: .zero, &effects)
    }

    /// The share lists the name, so the view does; what was known of a file before stays known.
    @Test func aNameWithoutAttributesIsListed() {
        var table = table()
        let (known, _) = enter(&table, "a", attributes(2, size: 10))
        list(&table, [bare("a"), bare("b"), entry("c", 3)])
        let state = table[directory: .root]
        #expect(state?.order.map(\.name) == ["a", "b", "c"])
        #expect(state?.order.first?.node == known)
        #expect(state?.order[1].node == NodeID.none)
        #expect(state?.nameOnly == ["b"])
        #expect(table.known == 3)
    }

    @Test func aNameWithoutAttributesTakesOthersPlaceInTheCount() {
        var table = table()
        list(&table, [entry("gone", 2)])
        list(&table, [bare("b")])
        #expect(table[directory: .root]?.children.isEmpty == true)
        list(&table, [entry("b", 4)])
        #expect(table[directory: .root]?.nameOnly.isEmpty == true)
        list(&table, [entry("b", 4)])
        #expect(table[directory: .root]?.order.count == 1)
    }

    /// Whatever becomes of it, it has one place.
    @Test func aNameWithoutAttributesComesAndGoes() {
        var table = table()
        list(&table, [bare("b"), entry("c", 3)])
        var effects = NodeTable.Effects()
        let place = Node.Place(parent: .root, name: "b")
        table.unlinked(place, at: .zero, &effects)
        #expect(table[directory: .root]?.nameOnly.isEmpty == true)
        _ = table.made(place, attributes(5), at: .zero, &effects)
        #expect(table[directory: .root]?.order.map(\.name) == ["b", "c"])
        #expect(table[directory: .root]?.children["b"] != nil)
    }

    // MARK: - Giving back

    @Test func aForgottenFolderGoesWithTheKernelsReferences() {
        var table = table()
        list(&table, (0..<2_000).map { entry(Name("file \($0)"), UInt64($0 + 10)) })
        let held = table[directory: .root]?.children["file 7"] ?? .none
        table.retain(held)
        var effects = NodeTable.Effects()
        table.forgetInside(of: .root, &effects)
        #expect(table.known == 2)
        #expect(table[directory: .root]?.knowledge == .unread)
        table.forget(held, count: 1, &effects)
        #expect(table.known == 1)
    }

    /// A listing of the root brings a hundred names, and fails.
    private func failToList(_ table: inout NodeTable) {
        var effects = NodeTable.Effects()
        let question = table.questions.ask(.listing(.root))
        _ = table.merge(
            (0..<100).map { entry(Name("new \($0)"), UInt64($0 + 100)) }, into: .root,
            question: question, validity: nil, at: .zero, &effects)
        table.failListing(.root, question, isLarge: true, &effects)
    }

    @Test func ofALargeListingThatFailsNothingStays() {
        var table = table()
        failToList(&table)
        #expect(table.known == 1)
        #expect(table[directory: .root]?.children.isEmpty == true)
    }

    @Test func aListingThatFailsLeavesWhatWasKnownBefore() {
        var table = table()
        list(&table, (0..<10).map { entry(Name("old \($0)"), UInt64($0 + 10)) })
        failToList(&table)
        #expect(table.known == 11)
        #expect(table[directory: .root]?.knowledge == .complete)
        #expect(table[directory: .root]?.order.count == 10)
    }
}
