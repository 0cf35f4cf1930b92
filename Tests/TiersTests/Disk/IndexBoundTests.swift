import Glibc
import Model
import Platform
import TestSupport
import Testing

@testable import Tiers

/// What waits for an index that cannot be committed has a bound, and going beyond it answers nothing wrong.
@Suite struct IndexBoundTests {
    private func listing(_ entries: Int) -> StoredListing {
        StoredListing(
            directory: FileAttributes(inode: 1, mode: 0o040755),
            entries: (0..<entries).map {
                .init(
                    name: Name("a file of some length \($0).txt"),
                    attributes: FileAttributes(inode: UInt64($0), mode: 0o100644))
            }, fetchedAt: Timestamp(seconds: 1_800_000_000), ttl: 300)
    }

    /// Holds the index's file as another program might, so that no commit succeeds.
    private func hold(_ fixture: DiskFixture) throws -> SQLiteConnection {
        let other = try SQLiteConnection(path: fixture.path + "/index.sqlite", mode: .readWrite)
        try other.execute("BEGIN IMMEDIATE")
        return other
    }

    @Test func whatCannotBeToldToTheIndexGivesItUp() throws {
        let fixture = try DiskFixture()
        let file = MadeFile("film.bin", size: 300_000)
        fixture.storeAll(file)
        fixture.tier.drain()
        let writer = fixture.tier.core.index.writer
        do {
            let other = try hold(fixture)
            for row in 0..<Int64(IndexWriter.operationsMax) {
                writer.enqueue([.removeChunk(ChunkRow(number: row + (1000 << 32)), nil)])
            }
            #expect(!writer.hasRoom)
            // What need not be stored is not, and what need not be evicted stays.
            let before = fixture.tier.statistics.dropped
            fixture.storeAll(MadeFile("other.bin", size: 300_000))
            _ = fixture.tier.withKeeper { keeper in
                keeper.core.limit = 0
                #expect(!keeper.makeRoom(0))
                keeper.core.limit = 1 << 30
            }
            #expect(fixture.tier.statistics.dropped == before + 5)
            #expect(fixture.checkAll(file) == 5)
            for row in 0..<Int64(IndexWriter.operationsLimit) {
                writer.enqueue([.removeChunk(ChunkRow(number: row + (2000 << 32)), nil)])
            }
            guard case .degraded = fixture.tier.statistics.state else {
                Issue.record("more waits than may")
                return
            }
            try other.execute("ROLLBACK")
        }
        // The next thing that the keeper does is a new index.
        fixture.tier.drain()
        #expect(filesBelow(fixture.path).contains { $0.hasPrefix("index.sqlite.damaged-") })
        fixture.storeAll(file)
        fixture.tier.drain()
        #expect(fixture.checkAll(file) == 5)
        #expect(fixture.tier.statistics.state == .ok)
    }

    @Test func listingsThatFindNoRoomAreRemoved() throws {
        var changes = ListingChanges()
        for number in 0..<10 { changes.set(Array("folder\(number)".utf8), .put(listing(100))) }
        #expect(changes.entryCount == 1010)
        #expect(changes.byteCount > 100_000)
        changes.shed()
        #expect(changes.entryCount == 10)
        guard case .remove? = changes.change(of: Array("folder3".utf8)) else {
            Issue.record("what is stored of it is older")
            return
        }
        // More than can be named: all.
        for number in 0...ListingChanges.removalsMax {
            changes.set(Array("other\(number)".utf8), .remove)
        }
        changes.shed()
        #expect(changes.byPath.isEmpty && changes.byteCount == 0)
        guard case .remove? = changes.change(of: Array("anything".utf8)) else {
            Issue.record("all of them are removed")
            return
        }
        // Subtrees, too.
        var subtrees = ListingChanges()
        for number in 0..<5000 { subtrees.removeBelow(Array("a/\(number)".utf8)) }
        #expect(subtrees.removedBelow == [[]])
        var nested = ListingChanges()
        nested.removeBelow(Array("a/b".utf8))
        nested.removeBelow(Array("a".utf8))
        nested.removeBelow(Array("a/c".utf8))
        #expect(nested.removedBelow == [Array("a".utf8)])
    }

    /// An index that takes nothing for longer than anybody waits: new listings are not kept, and the old ones not shown.
    @Test func whileNothingIsCommittedLittleWaits() throws {
        let fixture = try DiskFixture()
        let listings = fixture.tier.listings
        let old = RelativePath(["old"])
        listings.put(old, listing(5))
        fixture.tier.drain()
        let writer = fixture.tier.core.index.writer
        do {
            let other = try hold(fixture)
            listings.put(RelativePath(["first"]), listing(5))
            #expect(Eventually.holds { writer.isStuck })
            for number in 0..<200 {
                listings.put(RelativePath([Name("folder\(number)")]), listing(1000))
            }
            let large = listing(IndexWriter.stuckListingEntriesMax + 1)
            listings.put(old, large)
            #expect(listings.listing(of: old) == nil)
            let kept = (0..<200).count { number in
                listings.listing(of: RelativePath([Name("folder\(number)")])) != nil
            }
            #expect(kept * 1000 <= IndexWriter.stuckListingEntriesMax)
            try other.execute("ROLLBACK")
        }
        writer.flush()
        #expect(listings.listing(of: old) == nil)
        listings.put(old, listing(7))
        #expect(listings.listing(of: old)?.entries.count == 7)
        fixture.tier.drain()
        try fixture.reopen()
        #expect(fixture.tier.listings.listing(of: old)?.entries.count == 7)
    }
}
