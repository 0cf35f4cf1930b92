import Model
import Platform
import TestSupport
import Testing

@testable import Tiers

@Suite struct ListingStoreTests {
    private func listing(_ count: Int, ttl: UInt32 = 300) -> StoredListing {
        let entries = (0..<count).map { number -> StoredListing.Entry in
            let modified = Timestamp(
                seconds: 1_700_000_000 + Int64(number), nanoseconds: UInt32(number * 31))
            let attributes = FileAttributes(
                device: 5, inode: UInt64(number + 1000), mode: 0o100644, userID: 1000,
                groupID: 1000, size: Int64(number * 977), blocks: Int64(number),
                modified: modified)
            return StoredListing.Entry(
                name: Name("document number \(number).txt"), attributes: attributes)
        }
        return StoredListing(
            directory: FileAttributes(inode: 1, mode: 0o40755), entries: entries,
            fetchedAt: Timestamp(seconds: 1_800_000_000), ttl: ttl)
    }

    private func path(_ text: String) -> RelativePath {
        RelativePath(text.split(separator: "/").map { Name(String($0)) })
    }

    @Test func whatIsPutIsReadBackAtOnceAndLater() throws {
        let fixture = try DiskFixture()
        let names = ["", "a", "a/b", "a\nb", "a b/c"]
        for (number, name) in names.enumerated() {
            fixture.tier.listings.put(path(name), listing(number))
        }
        for (number, name) in names.enumerated() {
            #expect(fixture.tier.listings.listing(of: path(name)) == listing(number))
        }
        fixture.tier.listings.put(path("a"), listing(7))
        try fixture.reopen()
        #expect(fixture.tier.listings.listing(of: path("a")) == listing(7))
        #expect(fixture.tier.listings.listing(of: path("")) == listing(0))
        #expect(fixture.tier.listings.listing(of: path("b")) == nil)
        let all = fixture.tier.listings.storedPaths(after: path(""), limit: 10)
        #expect(all.count == 4)
        fixture.tier.drain()
    }

    @Test(arguments: [false, true])
    func removalReachesWhatIsQueuedAndWhatIsStored(isStored: Bool) throws {
        let fixture = try DiskFixture()
        let store = fixture.tier.listings
        for name in ["a", "a/b", "a/b/c", "ab", "a-b", "z"] { store.put(path(name), listing(2)) }
        if isStored { fixture.tier.drain() }
        store.remove(path("a"), recursively: true)
        store.remove(path("z"), recursively: false)
        store.put(path("a/b"), listing(3))
        for step in 0..<3 {
            for name in ["a", "a/b/c", "z"] {
                #expect(store.listing(of: path(name)) == nil, "\(step)")
            }
            #expect(store.listing(of: path("a/b")) == listing(3))
            for name in ["ab", "a-b"] { #expect(store.listing(of: path(name)) == listing(2)) }
            fixture.tier.drain()
        }
        store.remove(path(""), recursively: true)
        for name in ["a/b", "ab"] { #expect(store.listing(of: path(name)) == nil) }
        try fixture.reopen()
        for name in ["a/b", "ab"] {
            #expect(fixture.tier.listings.listing(of: path(name)) == nil)
        }
    }

    /// A day's worth of commits. What each leaves behind must not add up: it once was two frames of the index thread's stack.
    @Test func thousandsOfCommits() throws {
        let fixture = try DiskFixture()
        let name = RelativePath(["a"])
        for number in 0..<6000 {
            fixture.tier.listings.put(name, listing(number % 7))
            fixture.tier.drain()
        }
        #expect(fixture.tier.listings.listing(of: name) == listing(5999 % 7))
    }

    @Test func aHundredThousandEntries() throws {
        let fixture = try DiskFixture()
        let large = listing(100_000)
        fixture.tier.listings.put(path("large"), large)
        try fixture.reopen()
        #expect(fixture.tier.listings.listing(of: path("large")) == large)
        #expect(fixture.tier.statistics.indexUsed < .mebibytes(16))
    }

    @Test func namesAndTargetsOfAnyBytes() throws {
        let fixture = try DiskFixture()
        var odd = DiskFormatTests.listing
        odd.entries.append(
            StoredListing.Entry(
                name: Name([UInt8](repeating: 0xFE, count: 255)),
                attributes: FileAttributes(
                    inode: 1, mode: .max, linkCount: .max, size: 0,
                    modified: Timestamp(seconds: .min, nanoseconds: .max),
                    changed: Timestamp(seconds: .max)), linkTarget: []))
        let name = RelativePath([Name([0xFF]), Name([0x0A])])
        fixture.tier.listings.put(name, odd)
        try fixture.reopen()
        #expect(fixture.tier.listings.listing(of: name) == odd)
    }

    @Test func tooMuchAtOnceIsDroppedAndNeverStale() throws {
        let fixture = try DiskFixture()
        let store = fixture.tier.listings
        store.put(path("a"), listing(1))
        fixture.tier.drain()
        store.put(path("a"), listing(IndexWriter.listingEntriesMax + 1))
        // The old listing would be a lie now.
        #expect(store.listing(of: path("a")) == nil)
        #expect(fixture.tier.statistics.dropped == 1)
    }

    @Test func listingsLeaveRoomForChunks() throws {
        let fixture = try DiskFixture(limit: .mebibytes(2))
        var random = SplitMix(seed: 3)
        for number in 0..<60 {
            var noisy = listing(2000)
            for place in noisy.entries.indices {
                noisy.entries[place].attributes.inode = random.next()
                noisy.entries[place].attributes.modified.nanoseconds = UInt32(
                    random.next() % 1_000_000_000)
            }
            fixture.tier.listings.put(path("\(number)"), noisy)
            fixture.tier.drain()
        }
        #expect(fixture.tier.statistics.dropped > 0)
        #expect(fixture.tier.statistics.used < .mebibytes(2))
    }

    /// Rows of a build that believed every share, and of a disk that lies with a valid seal.
    @Test func whatCannotBeAListingIsNotReadBack() throws {
        let path = Array("folder".utf8)
        func read(_ names: [Name]) throws -> [Name]? {
            var stored = listing(0)
            stored.entries = names.map {
                StoredListing.Entry(name: $0, attributes: FileAttributes(inode: 3, mode: 0o100644))
            }
            let bytes = try #require(ListingRecord.encoded(stored, path: path))
            return bytes.withUnsafeBytes { ListingRecord.decoded($0, path: path) }?.entries.map(
                \.name)
        }
        #expect(try read(["a", "b", "a"]) == ["a", "b"])
        for name: Name in ["", ".", "..", "a/b", "../etc", Name([0x61, 0])] {
            #expect(try read(["a", name]) == nil, "\(name)")
        }
        #expect(try read([Name([UInt8](repeating: 0x61, count: 255))])?.count == 1)
        #expect(try read([Name([UInt8](repeating: 0x61, count: 256))]) == nil)
    }

    @Test func aNameWithoutAttributesIsKept() throws {
        let path = Array("folder".utf8)
        var stored = listing(2)
        stored.entries.append(
            StoredListing.Entry(
                name: "unreadable", attributes: FileAttributes(inode: 3, mode: 0o100000),
                isNameOnly: true))
        let bytes = try #require(ListingRecord.encoded(stored, path: path))
        #expect(bytes.withUnsafeBytes { ListingRecord.decoded($0, path: path) } == stored)
    }
}
