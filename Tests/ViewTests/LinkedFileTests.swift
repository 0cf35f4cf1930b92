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

    private func table() -> NodeTable {
        NodeTable(rules: Self.rules, root: attributes(1, .directory), at: .zero)
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
        #expect(table.severalNames(of: id).isEmpty && table.hasName(id))
    }
}
