import Model
import Testing
import Tiers

@testable import View

/// What the table knows of rights in a view that several users share.
@Suite struct SharedViewTests {
    private static let rules = FreshnessRules(
        consistency: .eventual, propagationDelay: .seconds(5), attributeTTL: .seconds(300),
        rightsLifetime: .seconds(60))

    private func attributes(
        _ inode: UInt64, _ mode: UInt32 = 0o644, user: UInt32 = 1000, _ kind: FileKind = .regular
    ) -> FileAttributes {
        FileAttributes(
            device: 1, inode: inode, mode: kind.rawValue | mode, userID: user, size: 5,
            modified: Timestamp(seconds: 1))
    }

    private func table(inodesLast: Bool = true) -> NodeTable {
        NodeTable(
            rules: Self.rules, root: attributes(1, 0o755, user: 0, .directory), isShared: true,
            inodesLast: inodesLast, at: .zero)
    }

    private func enter(
        _ table: inout NodeTable, _ name: Name, in parent: NodeID = .root,
        _ attributes: FileAttributes, at now: Duration = .zero
    ) -> NodeID {
        var effects = NodeTable.Effects()
        return table.enter(
            Node.Place(parent: parent, name: name), attributes, validity: nil, at: now, &effects)
    }

    @Test func rightsThatAreOlderAreAskedForFirst() {
        let validity = Validity(since: .zero, ttl: .seconds(300))
        let rules = Self.rules
        #expect(rules.attributesState(of: validity, at: .seconds(60)) == .aging)
        #expect(rules.attributesState(of: validity, at: .seconds(61)) == .expired)
        // Names are not rights.
        #expect(rules.state(of: validity, at: .seconds(61)) == .aging)
        // The kernel does not go by them longer either.
        #expect(rules.kernelTimeout(of: validity, at: .seconds(59.5)) == 0.5)
        #expect(rules.kernelTimeout(of: validity, at: .seconds(80)) == 0)
        var own = rules
        own.rightsLifetime = nil
        #expect(own.attributesState(of: validity, at: .seconds(61)) == .aging)
        #expect(own.kernelTimeout(of: validity, at: .seconds(80)) == 1)
    }

    @Test func aLocationSaysWhatTheKernelWasTold() throws {
        var table = table()
        let folder = enter(&table, "d", attributes(2, 0o777, .directory))
        let file = enter(&table, "f", in: folder, attributes(3))
        let location = try #require(table.location(of: file))
        #expect(location.folders.map(\.inode) == [2] && location.node?.inode == 3)
        let unknown = try #require(table.location(of: folder, "g"))
        #expect(unknown.folders.map(\.inode) == [2] && unknown.node == nil)
        #expect(try #require(table.location(of: .root)).folders == [])
    }

    @Test func anotherFileUnderTheNameIsAnotherNode() {
        for inodesLast in [true, false] {
            var table = table(inodesLast: inodesLast)
            let mine = enter(&table, "f", attributes(2))
            // Size and time are the same.
            let victim = enter(&table, "f", attributes(3, 0o600, user: 0))
            #expect(victim != mine)
        }
        // A share that numbers as it goes may show the same file under another number.
        var table = table(inodesLast: false)
        let file = enter(&table, "f", attributes(2))
        let renumbered = enter(&table, "f", attributes(9))
        #expect(renumbered == file)
    }

    @Test func whoHasAFileOpenKeepsItWhenRightsAreTakenBack() {
        var table = table()
        let file = enter(&table, "f", attributes(2))
        table.retain(file)
        _ = table.opened(file)
        // Wider rights, or the same, are nobody's loss.
        let wider = enter(&table, "f", attributes(2, 0o666))
        #expect(wider == file)
        let secret = enter(&table, "f", attributes(2, 0o600))
        #expect(secret != file)
        #expect(table.isKnown(file) && table.path(of: file) == nil)
        #expect(table[file]?.attributes.mode == FileKind.regular.rawValue | 0o666)
        // Without an open file there is nothing to keep apart.
        let narrower = enter(&table, "f", attributes(2, 0o000))
        #expect(narrower == secret)
    }

    @Test func ownChangesOfRightsPartNothing() {
        var table = table()
        var effects = NodeTable.Effects()
        let file = enter(&table, "f", attributes(2))
        _ = table.opened(file)
        table.willChangeRights(file, at: .zero, &effects)
        let changed = enter(&table, "f", attributes(2, 0o600))
        #expect(changed == file)
    }

    @Test func aFolderThatWasNotWhatItSeemedIsAskedForAgain() throws {
        var table = table()
        var effects = NodeTable.Effects()
        let folder = enter(&table, "d", attributes(2, 0o777, .directory))
        let file = enter(&table, "f", in: folder, attributes(3))
        table.distrustFolders(above: file, &effects)
        for id in [folder, file] {
            #expect(table.state(of: try #require(table[id]), at: .zero) == .expired)
        }
        #expect(effects.notices.contains(.entry(parent: .root, name: "d")))
    }

    @Test func aSweepIsSomebodyWhoGoesFromFolderToFolder() {
        var sweep = RightsSweep()
        let folders = (5..<9).map { NodeID(slot: $0, generation: 0) }
        func look(_ parent: Int, _ above: Int, _ at: Int) -> Bool {
            sweep.isSweep(through: folders[parent], in: folders[above], at: .seconds(at))
        }
        let looks = [
            look(0, 3, 0), look(0, 3, 1), look(1, 3, 2), look(2, 2, 3), look(2, 2, 30),
            look(2, 2, 39),
        ]
        // Beside the last one, in a folder beside its own, elsewhere, later.
        #expect(looks == [false, true, true, false, false, true])
    }

    @Test func theNextFoldersOfASweepAreThoseNobodyKnowsTheRightsOf() throws {
        var table = table()
        var effects = NodeTable.Effects()
        func list(_ parent: NodeID, _ names: [(Name, FileAttributes)], at now: Duration) {
            let order = table.merge(
                names.map { StoredListing.Entry(name: $0.0, attributes: $0.1) }, into: parent,
                validity: nil, at: now, &effects)
            table.finishListing(
                parent, order, directory: attributes(1, 0o755, .directory), validity: nil,
                cost: .zero, at: now, &effects)
        }
        let names: [Name] = ["a", "b", "c", "d"]
        list(
            .root,
            zip(names, UInt64(10)...).map { ($0, attributes($1, 0o755, .directory)) }, at: .zero)
        let folders = names.compactMap { table.node(at: RelativePath([$0])) }
        // One file each; "c" is known well.
        for (folder, at) in zip(folders.prefix(3), [0, 0, 100]) {
            list(folder, [("f", attributes(50 + UInt64(folder.slot)))], at: .seconds(at))
        }
        let next = table.foldersToRefresh(after: folders[0], atMost: 16, at: .seconds(101))
        #expect(next == [folders[1], folders[3]])
        #expect(
            table.foldersToRefresh(after: folders[0], atMost: 1, at: .seconds(101)) == [folders[1]])
        let file = try #require(table.node(at: RelativePath([Name("a"), Name("f")])))
        #expect(table.mayRefreshFolder(of: file))
        // A larger folder is listed once several of its names were asked for.
        let asked = (0..<6).map { _ in table.mayBeSweptThrough(folders[1]) }
        #expect(asked == [false, false, false, true, false, false])
    }

    @Test func nobodyGetsAllDescriptors() throws {
        let budget = DescriptorBudget(limit: 10_000, owner: 7)
        var leases: [DescriptorBudget.Lease] = []
        while let lease = budget.lease(for: 1000) { leases.append(lease) }
        #expect(leases.count == (10_000 - DescriptorBudget.reserve) / 4)
        #expect(budget.lease(for: 1001) != nil && budget.lease(for: 0) != nil)
        leases.removeLast()
        #expect(budget.lease(for: 1000) != nil)
        var owners: [DescriptorBudget.Lease] = []
        while let lease = budget.lease(for: 7) { owners.append(lease) }
        #expect(owners.count + leases.count == 10_000 - DescriptorBudget.reserve)
    }
}
