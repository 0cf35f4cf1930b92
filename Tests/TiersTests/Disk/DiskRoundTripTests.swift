import Model
import Platform
import Testing

@testable import Tiers

@Suite struct DiskRoundTripTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var path: String
        var size: Int64
        var isText: Bool

        var testDescription: String { "\(path), \(size) bytes, \(isText ? "text" : "noise")" }
    }

    static let cases: [Case] = {
        let sizes: [Int64] = [
            1, 511, 4095, 4096, 4097, 65_535, 65_536, 65_537, 1_300_000, 2_097_152,
        ]
        let paths = ["a/film.mkv", "a/notes", "a/film.nfo", "a/tiny.thumb", "a/x.conf"]
        return paths.flatMap { path in
            sizes.filter { path == "a/film.mkv" || path == "a/notes" || $0 < 100_000 }
                .flatMap { size in
                    [false, true].map { Case(path: path, size: size, isText: $0) }
                }
        }
    }()

    @Test(arguments: cases)
    func whatIsStoredComesBack(_ shape: Case) throws {
        let fixture = try DiskFixture()
        let file = MadeFile(shape.path, size: shape.size, isText: shape.isText)
        fixture.storeAll(file)
        fixture.tier.drain()
        #expect(fixture.checkAll(file) == fixture.blockCount(file))
        // Again from the files alone.
        try fixture.reopen()
        #expect(fixture.checkAll(file) == fixture.blockCount(file))
        let statistics = fixture.tier.statistics
        #expect(statistics.damaged == 0)
        #expect(statistics.state == .ok)
        #expect(statistics.objects == 1)
        #expect(statistics.chunks == file.chunks.count)
    }

    @Test(arguments: [false, true])
    func partsOfAChunkAreKept(isText: Bool) throws {
        let fixture = try DiskFixture()
        let file = MadeFile("film.mkv", size: 1_000_000, isText: isText)
        let chunk = ChunkIndex(0)
        for part in [BlockMask(3..<4), BlockMask(0..<2), BlockMask(2..<5), BlockMask(15..<16)] {
            fixture.store(file, chunk, part)
            fixture.tier.drain()
        }
        let stored: BlockMask = [BlockMask(0..<5), BlockMask(15..<16)]
        #expect(fixture.check(file, chunk) == stored)
        #expect(fixture.tier.object(file.identity).stored(chunk) == stored)
        try fixture.reopen()
        #expect(fixture.tier.object(file.identity).stored(chunk) == nil)
        #expect(fixture.check(file, chunk) == stored)
        #expect(fixture.tier.object(file.identity).stored(chunk) == stored)
        #expect(fixture.check(file, chunk, BlockMask(4..<6)) == BlockMask(4..<5))
    }

    @Test func aCompleteRawObjectIsAPlainCopy() throws {
        let fixture = try DiskFixture()
        let file = MadeFile("film.mkv", size: 3_000_001)
        fixture.storeAll(file)
        fixture.tier.drain()
        let whole = file.chunks.flatMap { chunk in
            (0..<16).filter { file.geometry.allBlocks(of: chunk).contains(block: $0) }
                .flatMap { file.bytes(chunk, $0) }
        }
        let path = String(decoding: ObjectFiles.path(file.identity.key), as: UTF8.self)
        #expect(contents(fixture.path + "/" + path) == whole)
    }

    @Test func textTakesLessRoom() throws {
        let fixture = try DiskFixture()
        let file = MadeFile("notes.txt", size: 4 << 20, isText: true)
        let noise = MadeFile("noise.bin", size: 4 << 20)
        fixture.storeAll(file)
        fixture.tier.drain()
        let text = fixture.tier.statistics.used.bytes - fixture.tier.statistics.indexUsed.bytes
        #expect(text < (4 << 20) * 65 / 100)
        fixture.storeAll(noise)
        fixture.tier.drain()
        let both = fixture.tier.statistics.used.bytes - fixture.tier.statistics.indexUsed.bytes
        #expect(both - text >= 4 << 20)
        #expect(fixture.checkAll(file) == 64)
        #expect(fixture.checkAll(noise) == 64)
    }

    @Test func unknownAndRacyFilesAreAbsent() throws {
        let fixture = try DiskFixture()
        let file = MadeFile("a", size: 10)
        #expect(fixture.check(file, ChunkIndex(0)) == [])
        #expect(fixture.tier.object(file.identity).stored(ChunkIndex(0)) == [])
        var racy = MadeFile("b", size: 10)
        racy.identity.isPersistent = false
        fixture.store(racy, ChunkIndex(0))
        fixture.tier.drain()
        #expect(fixture.check(racy, ChunkIndex(0)) == [])
        #expect(fixture.tier.statistics.objects == 0)
        #expect(fixture.tier.statistics.dropped == 1)
    }

    @Test func blocksOfTheWrongLengthAreNotTaken() throws {
        let fixture = try DiskFixture()
        let file = MadeFile("a.bin", size: 100_000)
        let short = fixture.pool.buffer(holding: 100)
        short.setCount(100)
        let object = fixture.tier.object(file.identity)
        for index in [0, 1, 7, 63, 64, -1] {
            object.store([LoadedBlock(index: index, buffer: short)], of: ChunkIndex(0))
        }
        object.store([LoadedBlock(index: 0, buffer: short)], of: ChunkIndex(9))
        fixture.tier.drain()
        #expect(fixture.tier.statistics.stored == 0)
        #expect(fixture.check(file, ChunkIndex(0)) == [])
    }

    @Test func oneObjectForOneKey() throws {
        let fixture = try DiskFixture()
        let file = MadeFile("a", size: 10)
        let object = fixture.tier.known(file.identity)
        for number in 0..<2000 {
            _ = fixture.tier.known(MadeFile("x\(number)", size: 10).identity)
        }
        #expect(fixture.tier.known(file.identity) === object)
    }

    @Test func aNewVersionReplacesTheOld() throws {
        let fixture = try DiskFixture()
        let old = MadeFile("a/b.bin", size: 200_000)
        let new = MadeFile("a/b.bin", size: 200_000, version: 2)
        fixture.storeAll(old)
        fixture.tier.drain()
        fixture.storeAll(new)
        fixture.tier.drain()
        #expect(fixture.tier.statistics.objects == 1)
        #expect(fixture.checkAll(old) == 0)
        #expect(fixture.checkAll(new) == fixture.blockCount(new))
    }

    @Test func discardAndEvict() throws {
        let fixture = try DiskFixture()
        let files = ["a/1.bin", "a/2.bin", "ab/3.bin", "a/c/4.bin", "a/small"].map {
            MadeFile($0, size: $0 == "a/small" ? 5000 : 300_000)
        }
        for file in files { fixture.storeAll(file) }
        fixture.tier.drain()
        fixture.tier.discard(files[0].identity)
        fixture.tier.discard(files[1].identity.path)
        fixture.tier.drain()
        #expect(files.map { fixture.checkAll($0) } == [0, 0, 5, 5, 1])
        let counted: Set<RelativePath> = [files[4].identity.path]
        let evicted = fixture.tier.evict(RelativePath(["a"]), counted: counted)
        #expect(evicted.dropped.bytes >= 300_000)
        #expect(evicted.files == 1 && evicted.dropped.chunks == 2)
        #expect(files.map { fixture.checkAll($0) } == [0, 0, 5, 0, 0])
        #expect(fixture.tier.evict().dropped.bytes >= 300_000)
        fixture.tier.drain()
        let statistics = fixture.tier.statistics
        #expect(statistics.objects == 0 && statistics.chunks == 0)
        #expect(statistics.used == statistics.indexUsed)
        // Stored again after all that.
        fixture.storeAll(files[0])
        fixture.tier.drain()
        #expect(fixture.checkAll(files[0]) == 5)
    }

    @Test func figuresSurviveARestart() throws {
        let fixture = try DiskFixture()
        let file = MadeFile("a/film.mkv", size: 100_000)
        fixture.storeAll(file)
        fixture.tier.drain()
        fixture.checkAll(file)
        fixture.check(MadeFile("b", size: 3), ChunkIndex(0))
        var asked = AskedBlocks()
        asked.add(.media, found: 2, missed: 1)
        asked.add(.config, found: 0, missed: 1)
        fixture.tier.note(asked)
        let before = fixture.tier.statistics
        #expect(before.hits == 2 && before.misses == 2 && before.loads == 2)
        let media = try #require(before.history[.media])
        #expect(media.hits == 2 && media.misses == 1)
        #expect(media.writtenBytes == 100_000 && before.savedBytes == 0)
        try fixture.reopen()
        let after = fixture.tier.statistics
        #expect(after.history == before.history)
        #expect(after.objects == 1 && after.chunks == 1)
        #expect(
            after.used.bytes - after.indexUsed.bytes == before.used.bytes - before.indexUsed.bytes)
    }

    @Test func nobodyElseMayRead() throws {
        let fixture = try DiskFixture()
        fixture.storeAll(MadeFile("film.mkv", size: 200_000))
        fixture.storeAll(MadeFile("small", size: 2000))
        fixture.tier.drain()
        let files = filesBelow(fixture.path)
        #expect(files.count >= 5)
        for name in files {
            let mode = try FileCalls.attributes(ofPath: fixture.path + "/" + name).mode
            #expect(mode & 0o777 == 0o600, "\(name)")
        }
        for name in ["objects", "packs"] {
            let mode = try FileCalls.attributes(ofPath: fixture.path + "/" + name).mode
            #expect(mode & 0o777 == 0o700, "\(name)")
        }
    }

    /// After a run of chunks that did not shrink the file is left in peace; what shrinks later is raw.
    @Test func compressionIsGivenUp() throws {
        var trial = CompressionTrial(rule: .whileItPays, isDoubtful: false)
        for _ in 0..<3 { #expect(trial.note(paid: false) == nil && trial.isWorthTrying) }
        #expect(trial.note(paid: true) == true)
        for _ in 0..<3 { #expect(trial.note(paid: false) == nil) }
        #expect(trial.note(paid: false) == false)
        #expect(!trial.isWorthTrying)
        var probe = CompressionTrial(rule: .probe, isDoubtful: false)
        #expect(probe.note(paid: false) == false && !probe.isWorthTrying)
        #expect(!CompressionTrial(rule: .never, isDoubtful: false).isWorthTrying)
        var memory = CompressionMemory(.usual)
        let zip = MadeFile("a.zip", size: 1 << 20).identity
        for _ in 0..<3 { memory.note(zip, paid: false) }
        var doubtful = memory.trial(for: zip)
        #expect(doubtful.note(paid: false) == false)
        var other = memory.trial(for: MadeFile("a.txt", size: 1 << 20).identity)
        #expect(other.note(paid: false) == nil)
    }

    /// A row that outlived its pack must never point into another.
    @Test func packNumbersAreNeverUsedTwice() throws {
        let fixture = try DiskFixture()
        let file = MadeFile("small", size: 5000)
        for round in 1...4 {
            fixture.storeAll(file)
            fixture.tier.drain()
            let name = "packs/0000000\(round)"
            #expect(filesBelow(fixture.path).contains(name))
            fixture.tier.discard(file.identity)
            fixture.tier.drain()
            #expect(!filesBelow(fixture.path).contains { $0.hasPrefix("packs/") })
            if round % 2 == 0 { try fixture.reopen() }
        }
    }

    @Test func theLastPackIsContinuedAfterACleanEnd() throws {
        let fixture = try DiskFixture()
        let files = (0..<6).map { MadeFile("small \($0)", size: 5000) }
        for file in files {
            fixture.storeAll(file)
            try fixture.reopen()
        }
        #expect(filesBelow(fixture.path).filter { $0.hasPrefix("packs/") } == ["packs/00000001"])
        try fixture.reopen(.killed)
        fixture.storeAll(MadeFile("late", size: 5000))
        fixture.tier.drain()
        #expect(filesBelow(fixture.path).contains("packs/00000002"))
        for file in files { #expect(fixture.checkAll(file) == 1) }
    }
}
