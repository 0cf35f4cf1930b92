import Model
import Platform
import Testing

@testable import Tiers

/// What people are told of what is stored.
@Suite struct SurveyTests {
    /// Everything at and below a path, look by look.
    private func bytes(
        _ fixture: DiskFixture, below path: RelativePath = RelativePath()
    ) throws -> (bytes: [String: Int64], looks: Int) {
        var sums: [String: Int64] = [:]
        var next: Int64? = 0
        var looks = 0
        while let after = next {
            let found = try #require(fixture.tier.stored(below: path, after: after))
            for part in found.parts { sums["\(part.identity.path)", default: 0] += part.bytes }
            next = found.next
            looks += 1
        }
        return (sums, looks)
    }

    @Test func whatIsStoredIsToldOnce() throws {
        let fixture = try DiskFixture()
        let film = MadeFile("films/one.mkv", size: 3_500_000)
        let text = MadeFile("films/one.srt", size: 9_000, isText: true)
        let other = MadeFile("filmsnot/two.mkv", size: 70_000)
        fixture.storeAll(film)
        // The first two of its three chunks.
        for chunk in text.chunks.prefix(2) { fixture.store(text, chunk) }
        fixture.storeAll(other)
        fixture.tier.drain()
        let all = try bytes(fixture).bytes
        #expect(
            all == ["films/one.mkv": 3_500_000, "films/one.srt": 8192, "filmsnot/two.mkv": 70_000])
        let films = try bytes(fixture, below: RelativePath(["films"])).bytes
        #expect(films == ["films/one.mkv": 3_500_000, "films/one.srt": 8192])
        let one = try bytes(fixture, below: RelativePath(["films", "one.srt"])).bytes
        #expect(one == ["films/one.srt": 8192])
        #expect(try bytes(fixture, below: RelativePath(["nothing"])).bytes.isEmpty)
    }

    /// More than one look brings, of small files and of a large one.
    @Test func whatIsTooMuchForOneLookComesInSeveral() throws {
        let fixture = try DiskFixture()
        let small = (0..<1500).map { MadeFile("many/\($0).conf", size: 100) }
        let large = MadeFile("large.conf", size: 9000 * 4096)
        for file in small { fixture.storeAll(file) }
        fixture.tier.drain()
        for chunk in large.chunks { fixture.store(large, chunk) }
        fixture.tier.drain()
        let stored = fixture.tier.statistics.chunks
        let (found, looks) = try bytes(fixture)
        #expect(looks > 2)
        #expect(found.count == 1501)
        #expect(small.allSatisfy { found["\($0.identity.path)"] == 100 })
        #expect(found["large.conf"] == Int64(stored - 1500) * 4096)
    }
}

/// Up to when listings are not to be believed.
@Suite struct ListingDoubtsTests {
    @Test func aFolderAndAllBelowItAreDoubtedAcrossRuns() throws {
        let fixture = try DiskFixture()
        let folder = RelativePath(["a", "b"])
        #expect(fixture.tier.listingsDistrustedBefore(at: folder) == nil)
        fixture.tier.distrustListings(below: [folder])
        let now = fixture.clock.wall
        for _ in 0..<2 {
            let time = try #require(
                fixture.tier.listingsDistrustedBefore(at: folder.appending("c")))
            #expect(time >= now && time.seconds <= now.seconds + 1)
            #expect(fixture.tier.listingsDistrustedBefore(at: folder) != nil)
            #expect(fixture.tier.listingsDistrustedBefore(at: RelativePath(["a"])) == nil)
            #expect(fixture.tier.listingsDistrustedBefore(at: RelativePath(["a", "bc"])) == nil)
            try fixture.reopen(.killed)
        }
    }

    @Test func aFolderIsDoubtedAlone() throws {
        let fixture = try DiskFixture()
        let folder = RelativePath(["a"])
        fixture.tier.distrustListings(below: [], alone: [folder])
        for _ in 0..<2 {
            #expect(fixture.tier.listingsDistrustedBefore(at: folder) != nil)
            #expect(fixture.tier.listingsDistrustedBefore(at: folder.appending("b")) == nil)
            #expect(fixture.tier.listingsDistrustedBefore(at: RelativePath()) == nil)
            try fixture.reopen()
        }
    }

    @Test func moreThanAreRememberedMeansAll() throws {
        let fixture = try DiskFixture()
        let folders = (0...ListingDoubts.foldersMax).map { RelativePath([Name("\($0)")]) }
        fixture.tier.distrustListings(below: Array(folders.dropLast()))
        let elsewhere = RelativePath(["elsewhere"])
        #expect(fixture.tier.listingsDistrustedBefore(at: elsewhere) == nil)
        fixture.tier.distrustListings(below: Array(folders.suffix(1)))
        #expect(fixture.tier.listingsDistrustedBefore(at: RelativePath(["elsewhere"])) != nil)
    }

    @Test func whatIsDamagedMeansAll() throws {
        let fixture = try DiskFixture()
        fixture.tier.distrustListings(below: [RelativePath(["a"])])
        try fixture.reopen { overwrite(fixture.path + "/DOUBTS", [1, 2, 3], at: 4) }
        #expect(fixture.tier.listingsDistrustedBefore(at: RelativePath(["elsewhere"])) != nil)
    }

    @Test func whatIsOlderThanAnyListingIsForgotten() throws {
        let fixture = try DiskFixture()
        fixture.tier.distrustListings(below: [RelativePath(["a"])])
        try fixture.reopen { fixture.clock.advance(by: .seconds(700_000)) }
        #expect(fixture.tier.listingsDistrustedBefore(at: RelativePath(["a"])) == nil)
    }
}
