import Model
import Platform
import TestSupport
import Testing

@testable import Tiers

/// Generated operations; whatever the tier answers must be the bytes of the file, and the figures must be
/// those of the file system.
@Suite(.timeLimit(.minutes(3))) struct DiskModelTests {
    private static let paths = [
        "a/film.mkv", "a/song.mp3", "notes.txt", "a/b/side.nfo", "a/b/photo.jpg", "x.conf",
        "small.doc",
    ]

    @Test(arguments: [1, 11028918769893287029, UInt64.random(in: .min ... .max)])
    func generatedOperations(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let fixture = try DiskFixture(limit: .mebibytes(20))
        var versions = [Int64](repeating: 1, count: Self.paths.count)
        let sizes = Self.paths.indices.map { number -> Int64 in
            number < 3
                ? 1_000_000 + Int64(random.next() % 5_000_000) : 1 + Int64(random.next() % 90_000)
        }
        func file(_ number: Int) -> MadeFile {
            MadeFile(
                Self.paths[number], size: sizes[number], version: versions[number],
                isText: number % 2 == 0)
        }
        var kills = 0
        for step in 0..<1000 {
            let number = Int(random.next() % UInt64(Self.paths.count))
            let file = file(number)
            let chunks = file.chunks
            let chunk = chunks[Int(random.next() % UInt64(chunks.count))]
            let mask = BlockMask(rawValue: random.next() | random.next())
                .intersection(file.geometry.allBlocks(of: chunk))
            switch random.next() % 100 {
            case 0..<45: fixture.store(file, chunk, mask)
            case 45..<85: fixture.check(file, chunk, mask)
            case 85..<88: versions[number] += 1
            case 88..<90: fixture.tier.discard(file.identity)
            case 90: fixture.tier.discard(file.identity.path)
            case 91: _ = fixture.tier.evict(RelativePath(["a"]))
            case 92:
                fixture.tier.setLimit(.mebibytes(Int64(4 + random.next() % 16)))
            case 93..<96: fixture.tier.drain()
            case 96:
                let isKill = random.next() % 2 == 0
                kills += isKill ? 1 : 0
                try fixture.reopen(isKill ? .killed : .clean)
            default:
                fixture.tier.drain()
                let statistics = fixture.tier.statistics
                let data =
                    allocatedBytes(fixture.path + "/objects")
                    + allocatedBytes(fixture.path + "/packs")
                // A few pages may come and go behind our back; an audit finds them.
                let counted = statistics.used.bytes - statistics.indexUsed.bytes
                #expect(abs(counted - data) <= 128 << 10, "seed \(seed), step \(step)")
                if step % 4 == 0 {
                    let audited = fixture.tier.withKeeper { keeper -> Int64 in
                        keeper.auditNow()
                        return keeper.core.totals.dataBytes
                    }
                    // The file system goes on between our two counts.
                    #expect(abs((audited ?? 0) - data) <= 64 << 10, "seed \(seed), step \(step)")
                }
                #expect(statistics.used <= statistics.limit, "seed \(seed), step \(step)")
            }
        }
        fixture.tier.drain()
        let statistics = fixture.tier.statistics
        #expect(statistics.state == .ok)
        // A kill may leave rows of chunks that were punched already; nothing else may look damaged.
        #expect(statistics.damaged == 0 || kills > 0, "seed \(seed)")
        _ = fixture.tier.evict()
        fixture.tier.drain()
        #expect(fixture.tier.statistics.chunks == 0, "seed \(seed)")
        #expect(fixture.tier.statistics.objects == 0, "seed \(seed)")
        let left = fixture.tier.withKeeper { keeper -> Int64 in
            keeper.auditNow()
            return keeper.core.totals.dataBytes
        }
        #expect(left == 0, "seed \(seed), left: \(filesBelow(fixture.path))")
    }

    /// Loads race with eviction and with storing anew: never wrong bytes, and no false alarm.
    @Test func loadsWhileChunksComeAndGo() throws {
        let fixture = try DiskFixture(limit: .mebibytes(6))
        let files = (0..<4).map { MadeFile("\($0).mkv", size: 3 << 20, isText: $0 % 2 == 0) }
        let smalls = (0..<8).map { MadeFile("small \($0)", size: 20_000) }
        let done = ConditionMutex(0)
        let tier = fixture.tier
        let pool = fixture.pool
        startThread(name: "storer") {
            for round in 0..<60 {
                let file = round % 3 == 0 ? smalls[round % 8] : files[round % 4]
                for chunk in file.chunks {
                    let whole = file.geometry.allBlocks(of: chunk)
                    tier.object(file.identity).store(
                        file.blocks(chunk, whole, from: pool), of: chunk)
                }
                if round % 10 == 9 { tier.discard(file.identity) }
                tier.drain()
            }
            done.withLock { count, _ in count = 1 }
        }
        var random = SplitMix(seed: 11)
        var loaded = 0
        while done.withLock({ count, _ in count }) == 0 {
            let all = files + smalls
            let file = all[Int(random.next() % UInt64(all.count))]
            let chunk = file.chunks[Int(random.next() % UInt64(file.chunks.count))]
            loaded += fixture.check(file, chunk).count
        }
        #expect(loaded > 0)
        #expect(fixture.tier.statistics.damaged == 0)
        #expect(fixture.tier.statistics.evictions > 0)
    }

    /// The moment between looking a chunk up and reading it, in which it is evicted.
    @Test func aChunkThatGoesWhileItIsReadIsNoDamage() throws {
        let fixture = try DiskFixture()
        for path in ["film.mkv", "notes.txt", "small"] {
            let size: Int64 = path == "small" ? 5000 : 2 << 20
            let file = MadeFile(path, size: size, isText: path == "notes.txt")
            let chunk = ChunkIndex(0)
            let whole = file.geometry.allBlocks(of: chunk)
            for isStoredAgain in [false, true] {
                fixture.storeAll(file)
                fixture.tier.drain()
                let object = fixture.tier.known(file.identity)
                guard case .known(let entry?) = object.entry(chunk) else {
                    Issue.record("not stored")
                    return
                }
                fixture.tier.discard(file.identity)
                if isStoredAgain {
                    // In another order, so that packed blocks lie elsewhere.
                    for block in (0..<file.geometry.blocksPerChunk).reversed()
                    where whole.contains(block: block) {
                        fixture.store(file, chunk, BlockMask(block..<(block + 1)))
                    }
                }
                fixture.tier.drain()
                for block in fixture.tier.reader.read(object, chunk, entry, whole) {
                    #expect(file.isRight(block, of: chunk))
                }
                fixture.tier.drain()
                #expect(fixture.tier.statistics.damaged == 0, "\(path)")
                #expect(fixture.check(file, chunk).count == (isStoredAgain ? whole.count : 0))
                fixture.tier.discard(file.identity)
            }
        }
    }

    @Test func whatTheIndexSaidBeforeAChangeIsNotBelieved() throws {
        let object = DiskObject(MadeFile("film.mkv", size: 200 << 20).identity)
        let row = try #require(ObjectRow(1))
        let early = object.stamp
        #expect(object.stored(ChunkIndex(0)) == nil)
        object.create(row)
        var entry = ChunkEntry(layout: .raw)
        entry.set(1, ChunkEntry.Block(offset: 65_536, length: 65_536, isCompressed: false, sum: 9))
        object.set(ChunkIndex(0), entry)
        object.learn(row: .absent, page: 0, entries: [:], since: early)
        #expect(object.stored(ChunkIndex(0)) == BlockMask(1..<2))
        object.learn(row: .present(row), page: 1, entries: [:], since: early)
        #expect(object.stored(ChunkIndex(64)) == nil)
        object.learn(row: .present(row), page: 1, entries: [64: entry], since: object.stamp)
        #expect(object.stored(ChunkIndex(64)) == BlockMask(1..<2))
        // Removed meanwhile.
        let late = object.stamp
        object.clear()
        object.learn(row: .present(row), page: 2, entries: [130: entry], since: late)
        #expect(object.stored(ChunkIndex(130)) == [])
    }

    /// Pages are forgotten when there are many, except those that the index does not have yet.
    @Test func uncommittedPagesAreNotForgotten() throws {
        let object = DiskObject(MadeFile("film.mkv", size: 8 << 30).identity)
        let row = try #require(ObjectRow(1))
        object.create(row)
        var entry = ChunkEntry(layout: .raw)
        entry.set(0, ChunkEntry.Block(offset: 0, length: 65_536, isCompressed: false, sum: 9))
        let chunks = (0..<100).map { ChunkIndex(UInt32($0) * DiskObject.chunksPerPage) }
        for chunk in chunks { object.set(chunk, entry) }
        for chunk in chunks { #expect(object.stored(chunk) == BlockMask(0..<1)) }
        #expect(object.chunkCount == 100)
        let other = try #require(ObjectRow(2))
        for chunk in chunks { object.settle(ChunkRow(other, chunk)) }
        object.set(ChunkIndex(7000), entry)
        for chunk in chunks { #expect(object.stored(chunk) == BlockMask(0..<1)) }
        for chunk in chunks { object.settle(ChunkRow(row, chunk)) }
        for page in 0..<100 {
            object.learn(
                row: .present(row), page: UInt32(110 + page), entries: [:], since: object.stamp)
        }
        #expect(chunks.filter { object.stored($0) != nil }.count < 100)
        #expect(object.stored(ChunkIndex(7000)) == BlockMask(0..<1))
    }
}
