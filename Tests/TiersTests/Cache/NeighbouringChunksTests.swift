import Model
import Platform
import TestSupport
import Testing

@testable import Share
@testable import Tiers

/// Files of several small chunks whose part of the index is not in memory.
@Suite struct NeighbouringChunksTests {
    private let size: Int64 = 40_000
    /// Of 4 KiB each.
    private let chunks = 10

    private func tier(_ directory: String) throws -> DiskTier {
        try DiskTier(
            directory: directory, limit: .mebibytes(64), freeSpaceMin: .mebibytes(0),
            buffers: BufferPool(), clock: SystemClock(), log: Log(write: { _ in }))
    }

    private func cache(_ fixture: ShareFixture, _ disk: DiskTier) -> ChunkCache {
        ChunkCache(
            configuration: ChunkCache.Configuration(memoryLimit: .mebibytes(64)),
            share: fixture.share, tiers: fixture.chain(disk), buffers: BufferPool())
    }

    /// What is missing is one request, whatever the disk has of the rest; read or fetched ahead.
    @Test(arguments: [0, 3, 10], [false, true])
    func areAskedOfTheShareInOne(stored: Int, isAhead: Bool) throws {
        let fixture = try ShareFixture()
        let directory = TemporaryDirectory()
        var generator = SplitMix(seed: 7)
        let bytes = (0..<size).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        let identity = try fixture.write("subtitles.srt", bytes)
        #expect(identity.geometry.chunks(in: 0..<size).count == chunks)
        var disk = try tier(directory.path)
        if stored > 0 {
            let cache = cache(fixture, disk)
            _ = try cache.bytes(cache.file(identity), 0..<min(size, Int64(stored * 4096)))
            #expect(disk.drain(until: stored))
        }
        disk.close()
        disk = try tier(directory.path)
        defer { disk.close() }
        let cache = cache(fixture, disk)
        let file = cache.file(identity)
        let before = fixture.scheduler.statistics.completed
        if isAhead {
            let isDone = ConditionMutex(false)
            _ = cache.prefetch(file, 0..<size) {
                isDone.withLock { isDone, condition in
                    isDone = true
                    condition.broadcast()
                }
            }
            isDone.wait { isDone, _ in isDone ? () : nil }
            #expect(cache.holds(file, 0..<size, blocks: chunks))
        }
        #expect(try cache.bytes(file, 0..<size) == bytes)
        let requests = fixture.scheduler.statistics.completed - before
        #expect(requests == (stored == chunks ? 0 : 1))
        #expect(disk.drain(until: chunks))
    }
}

extension ChunkCache {
    /// Whether all chunks of a range are in memory, asked for or not.
    fileprivate func holds(_ file: CachedFile, _ range: Range<Int64>, blocks: Int) -> Bool {
        file.geometry.chunks(in: range).filter { value in
            let chunk = ChunkIndex(value)
            return shard(file, chunk).withLock {
                $0.expects(ChunkKey(file: file.number, chunk: chunk), BlockMask(0..<1))
            }
        }.count == blocks
    }
}
