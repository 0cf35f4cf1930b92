import Model
import Platform
import Share
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
}
