import Glibc
import Model
import Platform
import TestSupport
import Testing

@testable import Tiers

/// What has to leave the disk, where the index cannot tell what there is, or takes no changes.
@Suite struct RemovalTests {
    private let path = RelativePath(["film.bin"])
    private let file = MadeFile("film.bin", size: 300_000)
    private let other = MadeFile("other.bin", size: 300_000)

    private func filled() throws -> DiskFixture {
        let fixture = try DiskFixture()
        fixture.storeAll(file)
        fixture.storeAll(other)
        fixture.tier.drain()
        return fixture
    }

    private func mark(_ fixture: DiskFixture) -> Bool {
        (try? FileCalls.attributes(ofPath: fixture.path + "/UNREMOVED")) != nil
    }

    @Test func whatTheIndexCannotTellOfIsNotServedAndNotForgotten() throws {
        let fixture = try filled()
        try fixture.reopen()
        // No look-up succeeds.
        #expect(fixture.tier.core.index.readers.close(patience: .seconds(5)))
        fixture.tier.discardDurably(path)
        #expect(mark(fixture))
        fixture.tier.core.index.readers.open()
        #expect(fixture.checkAll(other) == 0, "what is overdue may be anything")
        // The session ends before it was removed.
        try fixture.reopen(.killed)
        #expect(fixture.checkAll(file) == 0)
        #expect(!mark(fixture))
        fixture.storeAll(file)
        fixture.tier.drain()
        #expect(fixture.checkAll(file) == 5)
    }

    @Test func whatIsOverdueIsRemovedOnceItCanBe() throws {
        let fixture = try filled()
        try fixture.reopen()
        #expect(fixture.tier.core.index.readers.close(patience: .seconds(5)))
        fixture.tier.discardDurably(path)
        fixture.tier.core.index.readers.open()
        // More that comes meanwhile is looked after with it.
        fixture.tier.discardDurably(RelativePath(["folder"]), isFolder: true)
        #expect(Eventually.holds(within: .seconds(30)) { !mark(fixture) })
        #expect(fixture.checkAll(file) == 0)
        #expect(fixture.checkAll(other) == 5)
        try fixture.reopen(.killed)
        #expect(fixture.checkAll(file) == 0)
        #expect(fixture.checkAll(other) == 5)
    }

    /// A flush of the disk for each file that is renamed or gets a time would cost more than it is worth where nothing of it is
    /// stored.
    @Test func onlyWhatWasRemovedIsWaitedFor() throws {
        let fixture = try filled()
        let writer = fixture.tier.core.index.writer
        #expect(writer.removalsLast)
        fixture.tier.discard(file.identity)
        fixture.tier.drain()
        #expect(!writer.removalsLast)
        // Somebody else removed it, and it may come back with the power.
        fixture.tier.discardDurably(path)
        #expect(writer.removalsLast)
    }

    @Test func whatTheIndexCannotTellOfIsNeitherEvictedNorSwept() throws {
        let fixture = try filled()
        try fixture.reopen()
        let tier = fixture.tier
        #expect(Eventually.holds { tier.core.eviction.isLoaded })
        #expect(tier.core.index.readers.close(patience: .seconds(5)))
        _ = tier.withKeeper { keeper in
            keeper.core.limit = 0
            #expect(!keeper.makeRoom(0))
            keeper.core.limit = 1 << 30
            keeper.sweep = DiskSweep()
            while var sweep = keeper.sweep { keeper.sweep = sweep.step(keeper) ? nil : sweep }
        }
        tier.core.index.readers.open()
        #expect(fixture.checkAll(file) == 5)
        #expect(fixture.checkAll(other) == 5)
        // They can be evicted now.
        _ = tier.withKeeper { keeper in
            keeper.core.limit = 0
            _ = keeper.makeRoom(0)
        }
        #expect(fixture.checkAll(file) == 0)
        #expect(tier.statistics.chunks == 0)
    }

    /// Power loss took a pack, and left the rows that speak of it.
    @Test func theNumberOfALostPackIsNotGivenToAnother() throws {
        let fixture = try DiskFixture()
        fixture.storeAll(MadeFile("small", size: 5000))
        fixture.tier.drain()
        try fixture.reopen(.killed) {
            #expect(unlink(fixture.path + "/packs/00000001") == 0)
        }
        let next = MadeFile("next", size: 5000)
        fixture.storeAll(next)
        fixture.tier.drain()
        #expect(filesBelow(fixture.path + "/packs").map { $0.suffix(8) } == ["00000002"])
        // What is found to be missing takes nothing of the other with it.
        #expect(fixture.checkAll(MadeFile("small", size: 5000)) == 0)
        fixture.tier.drain()
        #expect(fixture.checkAll(next) == 1)
    }
}
