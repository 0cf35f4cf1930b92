import Model
import Platform
import Share
import TestSupport
import Testing

@testable import Tiers

@Suite struct MemoryShardTests {
    private let key = ChunkKey(file: 7, chunk: ChunkIndex(0))
    private let whole = BlockMask(0..<16)

    private var waiting: PendingRead {
        let geometry = ChunkGeometry(chunkSize: 1 << 20, fileSize: 1 << 20)
        return PendingRead(geometry: geometry, range: 0..<4096) { _, _ in }
    }

    private func ticket() throws -> FlightTicket {
        let fixture = try ShareFixture()
        return .share(
            try #require(
                fixture.scheduler.submit(.prefetch) { () -> Void in
                } completion: { _ in
                }))
    }

    /// A prefetch first claims its blocks and then asks the share, block after block: who comes in between must be told of.
    @Test func aTicketForBlocksThatSomebodyWaitsForSaysSo() throws {
        var shard = MemoryShard(limit: 64 << 20)
        #expect(shard.reserve(key, whole, blocksPerChunk: 16) == whole)
        let answer = shard.request(
            key, BlockMask(4..<6), whole: whole, blocksPerChunk: 16, priority: .medium,
            for: { waiting })
        guard case .wait(let fetch, let joined) = answer else {
            Issue.record("served from nothing")
            return
        }
        #expect(fetch.isEmpty && joined.isEmpty)
        let first = shard.note(try ticket(), key, BlockMask(0..<4))
        #expect(!first, "nobody waits for these")
        let second = shard.note(try ticket(), key, BlockMask(4..<16))
        #expect(second)
    }

    /// Looked at every second for two hours: a life of one hour, in periods of a quarter.
    @Test func whatNobodyAsksForAgainLeavesWithinAQuarterAfterItsTime() {
        var shard = MemoryShard(limit: 64 << 20)
        let pool = BufferPool()
        let block = BlockMask(0..<1)
        let keys = (0..<2).map { ChunkKey(file: $0, chunk: ChunkIndex(0)) }
        for key in keys {
            #expect(shard.reserve(key, block, blocksPerChunk: 1) == block)
            let buffer = pool.buffer(holding: 4096)
            _ = shard.deliver(key, [LoadedBlock(index: 0, buffer: buffer)], isPrefetch: false)
        }
        var periods = UsePeriods()
        periods.life = .seconds(3600)
        var leftAt: [Int: Int] = [:]
        for second in 0...9000 {
            if let period = periods.advance(to: .seconds(second)) {
                shard.expire(in: period, unusedFor: UsePeriods.perLife)
            }
            // One of them is asked for, for the last time, after 50 minutes.
            if second == 3000 {
                #expect(
                    shard.lookup(keys[1], block, whole: block, priority: .medium) != nil)
            }
            for (file, key) in keys.enumerated()
            where leftAt[file] == nil && shard.valid(key).isEmpty { leftAt[file] = second }
        }
        #expect(leftAt[0].map { (3600...4500).contains($0) } == true, "\(leftAt)")
        #expect(leftAt[1].map { (6600...7500).contains($0) } == true, "\(leftAt)")
        #expect(shard.count == 0 && shard.bytes == 0)
    }

    @Test func nothingLeavesForItsAgeUnlessThatIsSaid() {
        var periods = UsePeriods()
        #expect(periods.advance(to: .seconds(1 << 30)) == nil)
    }

    /// Files of one block each: what is kept about them counts too.
    @Test func smallChunksCountWithWhatIsKeptAboutThem() {
        let limit = 1 << 20
        var shard = MemoryShard(limit: limit)
        let pool = BufferPool()
        for file in 0..<1000 {
            let key = ChunkKey(file: UInt64(file), chunk: ChunkIndex(0))
            let block = BlockMask(0..<1)
            #expect(shard.reserve(key, block, blocksPerChunk: 1) == block)
            let buffer = pool.buffer(holding: 4096)
            _ = shard.deliver(key, [LoadedBlock(index: 0, buffer: buffer)], isPrefetch: false)
        }
        #expect(shard.count == limit / (4096 + MemoryShard.chunkOverheadBytes))
        #expect(shard.bytes == shard.count * 4096)
    }

    // MARK: - What goes

    private let pool = BufferPool()
    private let one = BlockMask(0..<1)
    private let block = 4096

    private func key(_ file: Int) -> ChunkKey {
        ChunkKey(file: UInt64(file), chunk: ChunkIndex(0))
    }

    /// Files of one block.
    private func bring(
        _ file: Int, _ shard: inout MemoryShard, ahead isPrefetch: Bool = false,
        _ priority: Priority = .medium
    ) {
        guard shard.reserve(key(file), one, blocksPerChunk: 1, priority: priority) == one else {
            return
        }
        let buffer = pool.buffer(holding: block)
        _ = shard.deliver(
            key(file), [LoadedBlock(index: 0, buffer: buffer)], isPrefetch: isPrefetch)
    }

    private func read(
        _ file: Int, _ shard: inout MemoryShard, _ priority: Priority = .medium
    ) -> Bool {
        shard.lookup(key(file), one, whole: one, priority: priority) != nil
    }

    /// Places for files of one block.
    private func shard(places: Int) -> MemoryShard {
        MemoryShard(limit: places * (block + MemoryShard.chunkOverheadBytes))
    }

    /// The kernel has what it was sent: it goes first. What the kernel asks for again it has not kept: that stays.
    @Test func whatTheKernelDoesNotKeepStays() {
        var shard = shard(places: 100)
        for file in 0..<100 { bring(file, &shard) }
        for file in 0..<100 { #expect(read(file, &shard)) }
        // The page cache was dropped: half of the files are asked for again, some of them twice.
        for file in 0..<50 { #expect(read(file, &shard)) }
        for file in 0..<10 { #expect(read(file, &shard)) }
        for file in 100..<150 {
            bring(file, &shard)
            _ = read(file, &shard)
        }
        #expect((0..<50).allSatisfy { shard.holdsRead(key($0), one) })
    }

    /// Documents go by, each read once, while a player's next minutes wait in memory.
    @Test func whatWasFetchedAheadIsHereWhenItIsRead() {
        var shard = shard(places: 100)
        for file in 0..<20 { bring(file, &shard, ahead: true) }
        for round in 0..<4 {
            for file in 0..<18 { bring(1000 + round * 18 + file, &shard) }
        }
        #expect((0..<20).allSatisfy { read($0, &shard) })
        #expect(shard.takeUnreadEvictions().isEmpty)
    }

    /// Likewise where newcomers have next to no place: a loop larger than memory has taught it to keep what was used before.
    @Test func whatWasFetchedAheadIsHereBesideALoop() {
        var shard = shard(places: 100)
        for _ in 0..<80 {
            for file in 0..<150 where !read(file, &shard) { bring(file, &shard) }
        }
        for file in 2000..<2020 { bring(file, &shard, ahead: true) }
        for file in 1000..<1060 { bring(file, &shard) }
        #expect((2000..<2020).allSatisfy { read($0, &shard) })
    }

    /// A prediction that was wrong does not keep its place for good.
    @Test func whatNobodyReadsMakesRoom() {
        var shard = shard(places: 100)
        for file in 0..<40 { bring(file, &shard, ahead: true) }
        for file in 1000..<1300 { bring(file, &shard) }
        #expect(shard.unreadBytes == 0)
    }

    /// What a scanner goes through takes no place from what somebody reads; what both want is not his.
    @Test func whatAScannerReadsGoesFirst() {
        var shard = shard(places: 100)
        for file in 0..<60 { bring(file, &shard) }
        bring(500, &shard, ahead: true, .low)
        #expect(read(500, &shard))
        for file in 1000..<1500 {
            bring(file, &shard, ahead: true, .low)
            #expect(read(file, &shard, .low))
        }
        #expect((0..<60).allSatisfy { shard.expects(key($0), one) })
        #expect(shard.count <= 100)
    }

    /// Whatever is asked of it, it keeps to its limit and knows what it has.
    @Test(arguments: [1, 2, UInt64.random(in: .min ... .max)])
    func itKeepsToItsLimit(seed: UInt64) {
        var random = SplitMix(seed: seed)
        var limit = 100 * (block + MemoryShard.chunkOverheadBytes)
        var shard = MemoryShard(limit: limit)
        for step in 0..<10_000 {
            let file = Int.random(in: 0..<Int.random(in: 1...400, using: &random), using: &random)
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<40: bring(file, &shard)
            case 40..<60:
                bring(file, &shard, ahead: true, Bool.random(using: &random) ? .low : .high)
            case 60..<95: _ = read(file, &shard, Bool.random(using: &random) ? .low : .medium)
            case 95..<98: _ = shard.drop { $0.file == UInt64(file) }
            default:
                limit = Int.random(in: 1...200, using: &random) * block
                shard.setLimit(limit)
            }
            let used = shard.bytes + shard.count * MemoryShard.chunkOverheadBytes
            // What has just come stays, however small the limit.
            #expect(used <= limit || shard.count == 1, "seed \(seed), step \(step)")
            #expect(shard.bytes == shard.count * block)
        }
        shard.setLimit(0)
        #expect(shard.count == 0 && shard.bytes == 0 && shard.unreadBytes == 0)
    }
}
