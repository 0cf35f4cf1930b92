import Foundation
import Model
import Platform
import Share
import TestSupport
import Testing

@testable import Tiers

@Suite struct ChunkCacheTests {
    private func random(_ count: Int, seed: UInt64) -> [UInt8] {
        var generator = SplitMix(seed: seed)
        return (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
    }

    private func cache(_ fixture: ShareFixture, memory: Int64 = 64 << 20) -> ChunkCache {
        ChunkCache(
            configuration: ChunkCache.Configuration(memoryLimit: ByteCount(memory)),
            share: fixture.share, tiers: fixture.chain(), buffers: BufferPool())
    }

    /// A film that the disk tier has and memory does not.
    private func onDisk(
        _ bytes: [UInt8], _ fixture: ShareFixture
    ) throws -> (ChunkCache, DiskTier, CachedFile) {
        let disk = try fixture.diskTier()
        let cache = ChunkCache(
            configuration: ChunkCache.Configuration(memoryLimit: .mebibytes(64)),
            share: fixture.share, tiers: fixture.chain(disk), buffers: BufferPool())
        let file = cache.file(try fixture.write("film.mkv", bytes))
        let all = 0..<Int64(bytes.count)
        #expect(try cache.bytes(file, all) == bytes)
        #expect(disk.drain(until: file.geometry.chunks(in: all).count))
        cache.drop(file)
        return (cache, disk, cache.file(file.identity))
    }

    /// Generated reads, prefetches, drops and changes of the memory limit against the bytes of the file.
    @Test(arguments: [UInt64.random(in: .min ... .max), 1, 2], [false, true])
    func everyReadGivesTheBytesOfTheFile(seed: UInt64, isRemote: Bool) throws {
        var generator = SplitMix(seed: seed)
        let fixture = try ShareFixture(isRemote: isRemote)
        let cache = cache(fixture, memory: 8 << 20)
        let names = ["film.mkv", "notes.txt", "sidecar.nfo", "photo.jpg", ".hidden"]
        var contents: [[UInt8]] = []
        var files: [CachedFile] = []
        for name in names {
            let size = Int.random(in: 0...(3 << 20), using: &generator)
            contents.append(random(size, seed: generator.next()))
            files.append(cache.file(try fixture.write(name, contents[contents.count - 1])))
        }
        for _ in 0..<1500 {
            let which = Int.random(in: 0..<files.count, using: &generator)
            let size = contents[which].count
            let start = Int.random(in: 0...(size + 5000), using: &generator)
            let length = Int.random(in: 0...(400 << 10), using: &generator)
            let range = Int64(start)..<Int64(start + length)
            switch Int.random(in: 0..<20, using: &generator) {
            case 0:
                cache.drop(files[which])
                files[which] = cache.file(files[which].identity)
            case 1:
                cache.setMemoryLimit(ByteCount(Int64.random(in: 0...(16 << 20), using: &generator)))
            case 2...6: cache.prefetch(files[which], range)
            default:
                let got = try cache.bytes(files[which], range)
                let expected = Array(contents[which][min(start, size)..<min(start + length, size)])
                #expect(got == expected, "seed \(seed): \(names[which]) \(range)")
            }
        }
    }

    @Test func whatIsAboveALowerLimitLeavesAtOnce() throws {
        let fixture = try ShareFixture()
        let bytes = random(8 << 20, seed: 6)
        let cache = cache(fixture)
        let file = cache.file(try fixture.write("film.mkv", bytes))
        cache.setMemoryLimit(.mebibytes(16))
        _ = try cache.bytes(file, 0..<Int64(bytes.count))
        #expect(cache.statistics.bytes >= bytes.count)
        #expect(cache.statistics.limit == 16 << 20)
        cache.setMemoryLimit(.mebibytes(3))
        #expect(cache.statistics.bytes <= 3 << 20)
        #expect(cache.statistics.limit == 3 << 20)
        #expect(try cache.bytes(file, 0..<Int64(bytes.count)) == bytes)
        #expect(cache.statistics.bytes <= 3 << 20)
    }

    @Test func onlyWhatWasReadCountsAsRead() throws {
        let fixture = try ShareFixture()
        let bytes = random(2 << 20, seed: 12)
        let cache = cache(fixture)
        let file = cache.file(try fixture.write("film.mkv", bytes))
        #expect(!cache.holdsRead(file, 0..<65536))
        let arrivals = Gate()
        arrivals.open()
        cache.prefetch(file, 0..<Int64(bytes.count)) { arrivals.pass() }
        arrivals.waitFor(1)
        #expect(!cache.holdsRead(file, 0..<65536), "nobody has asked for it")
        _ = try cache.bytes(file, 0..<65536)
        #expect(cache.holdsRead(file, 4096..<8192))
        #expect(!cache.holdsRead(file, 4096..<131072), "half of it was only fetched")
        cache.drop(file)
        #expect(!cache.holdsRead(file, 4096..<8192))
    }

    /// Whoever wants to ask for more does so when the file is open, and not behind the answer.
    @Test func aReaderIsToldWhenTheShareHasTheFileOpen() throws {
        let fixture = try ShareFixture()
        let cache = cache(fixture)
        let file = cache.file(try fixture.write("film.mkv", random(1 << 20, seed: 13)))
        let told = ConditionMutex<[String]>([])
        for _ in 0..<2 {
            let opened: @Sendable () -> Void = { told.withLock { told, _ in told.append("open") } }
            cache.read(file, 0..<65536, opened: opened) { _, _ in
                told.withLock { told, condition in
                    told.append("answered")
                    condition.broadcast()
                }
            }
            told.wait { told, _ in told.last == "answered" ? () : nil }
        }
        #expect(told.withLock { told, _ in told } == ["open", "answered", "answered"])
    }

    @Test func manyReadersOfOneChunkCauseOneFetch() throws {
        let fixture = try ShareFixture()
        let bytes = random(1 << 20, seed: 5)
        let cache = cache(fixture)
        let file = cache.file(try fixture.write("film.mkv", bytes))
        let answers = ConditionMutex(0)
        for _ in 0..<200 {
            cache.read(file, 0..<65536) { result, _ in
                if case .success(let slices) = result {
                    #expect(slices.flatMap { Array($0.bytes) } == Array(bytes[..<65536]))
                } else {
                    Issue.record("failed: \(result)")
                }
                answers.withLock { count, condition in
                    count += 1
                    condition.broadcast()
                }
            }
        }
        answers.wait { count, _ in count == 200 ? () : nil }
        #expect(fixture.share.linkEstimate.bytes == 65536, "the share was read more than once")
    }

    /// The change to another thread takes as long as a local disk does; more than a block is worth it.
    @Test func aBlockOnDiskIsThereWhenTheThreadThatWasLentGoesOn() throws {
        let fixture = try ShareFixture()
        let bytes = random(1 << 20, seed: 8)
        let (cache, disk, file) = try onDisk(bytes, fixture)
        let block = file.geometry.blockSize

        let events = Mutexed<[String]>([])
        cache.read(file, 0..<4096, willBlock: { events.withLock { $0.append("lent") } }) {
            result, account in
            #expect((try? result.get().flatMap { Array($0.bytes) }) == Array(bytes[..<4096]))
            #expect(account.source == .tier)
            events.withLock { $0.append("answered") }
        }
        #expect(events.withLock { $0 } == ["lent", "answered"])

        // Two blocks, and one that is in memory.
        events.withLock { $0 = [] }
        let answers = ConditionMutex(0)
        for range in [block..<(3 * block), 0..<10] {
            cache.read(
                file, Int64(range.lowerBound)..<Int64(range.upperBound),
                willBlock: { events.withLock { $0.append("lent") } }
            ) { result, _ in
                #expect((try? result.get().flatMap { Array($0.bytes) }) == Array(bytes[range]))
                answers.withLock { count, condition in
                    count += 1
                    condition.signal()
                }
            }
        }
        answers.wait { count, _ in count == 2 ? () : nil }
        #expect(events.withLock { $0 } == [])
        disk.close()
    }

    /// What is loaded ahead of a reader who has come by now does not wait behind what nobody waits for.
    @Test func aReaderMovesWhatTheDiskLoadsAheadOfItForward() throws {
        let fixture = try ShareFixture()
        let bytes = random(4 << 20, seed: 9)
        let (cache, disk, file) = try onDisk(bytes, fixture)

        let gate = Gate()
        for _ in 0..<DiskTier.loadThreads {
            let held = disk.pool.submit(urgent: true) {
                gate.pass()
            } completion: { _ in
            }
            #expect(held != nil)
        }
        let events = ConditionMutex<[Int]>([])
        let chunk = Int64(file.geometry.chunkSize)
        let chunks = Int(Int64(bytes.count) / chunk)
        for number in 0..<chunks {
            let start = Int64(number) * chunk
            cache.prefetch(file, start..<(start + chunk)) {
                events.withLock { events, condition in
                    events.append(number)
                    condition.broadcast()
                }
            }
        }
        let last = Int64(bytes.count) - 1
        cache.read(file, last..<(last + 1)) { result, _ in
            #expect((try? result.get().flatMap { Array($0.bytes) }) == [bytes[Int(last)]])
        }
        // One thread, so that what is begun first is done first.
        let alone = Gate()
        for _ in 1..<DiskTier.loadThreads {
            _ = disk.pool.submit(urgent: true) {
                alone.pass()
            } completion: { _ in
            }
        }
        gate.open()
        let order = events.wait { events, _ in events.count == chunks ? events : nil }
        #expect(order.first == chunks - 1, "\(order)")
        alone.open()
        disk.close()
    }

    @Test func memoryStaysWithinItsLimit() throws {
        let fixture = try ShareFixture()
        let cache = cache(fixture, memory: 2 << 20)
        let file = cache.file(try fixture.write("film.mkv", random(6 << 20, seed: 6)))
        for start in stride(from: Int64(0), to: 6 << 20, by: 128 << 10) {
            _ = try cache.bytes(file, start..<(start + (128 << 10)))
            #expect(cache.statistics.bytes <= (2 << 20) + (1 << 20))
        }
        #expect(cache.statistics.evictions > 0)
    }

    @Test func prefetchedBytesTakeAtMostHalfOfMemory() throws {
        let fixture = try ShareFixture()
        // Room for four chunks and what is kept about them.
        let cache = cache(fixture, memory: 5 << 20)
        let file = cache.file(try fixture.write("film.mkv", random(8 << 20, seed: 7)))
        for start in stride(from: Int64(0), to: 8 << 20, by: 1 << 20) {
            let hasCome = ConditionMutex(false)
            cache.prefetch(file, start..<(start + (1 << 20))) {
                hasCome.withLock { hasCome, condition in
                    hasCome = true
                    condition.broadcast()
                }
            }
            hasCome.wait { hasCome, _ in hasCome ? () : nil }
        }
        // Nobody has read any of it, and none of it had to go. The last one began below the half.
        #expect(cache.statistics.evictions == 0)
        #expect(cache.statistics.prefetchedBytes <= (5 << 19) + (1 << 20))
    }

    /// What is worth little leaves before what people use.
    @Test func readsOfLowPriorityPushNothingOut() throws {
        let fixture = try ShareFixture()
        let cache = cache(fixture, memory: 4 << 20)
        let film = cache.file(try fixture.write("film.mkv", random(2 << 20, seed: 20)))
        // Half of a chunk: of a whole one the kernel has its own copy, and ours is the first to go.
        _ = try cache.bytes(film, 0..<(512 << 10))
        let crowd = cache.file(try fixture.write("crowd.mkv", random(32 << 20, seed: 21)))
        for start in stride(from: Int64(0), to: 32 << 20, by: 1 << 20) {
            _ = try cache.bytes(crowd, start..<(start + (512 << 10)), priority: .low)
        }
        #expect(cache.statistics.evictions > 0)
        let misses = cache.statistics.misses
        _ = try cache.bytes(film, 0..<(512 << 10))
        #expect(cache.statistics.misses == misses, "the film's chunk has stayed")
    }

    @Test func aPrefetchSaysWhatItHadToFetchAndWhenThatHasCome() throws {
        let fixture = try ShareFixture()
        let cache = cache(fixture)
        let file = cache.file(try fixture.write("film.mkv", random(2 << 20, seed: 22)))
        let come = ConditionMutex(0)
        func prefetch() -> Int64 {
            cache.prefetch(file, 0..<(1 << 20)) {
                come.withLock { count, condition in
                    count += 1
                    condition.broadcast()
                }
            }.bytes
        }
        #expect(prefetch() == 1 << 20)
        come.wait { count, _ in count == 1 ? () : nil }
        #expect(prefetch() == 0)
        come.wait { count, _ in count == 2 ? () : nil }
        #expect(cache.statistics.prefetchedBytes == 1 << 20)
    }

    @Test func aFileThatChangedIsNotTakenForItsOldVersion() throws {
        let fixture = try ShareFixture()
        let cache = cache(fixture)
        let file = cache.file(try fixture.write("a.txt", random(300_000, seed: 8)))
        try fixture.write("a.txt", random(300_000, seed: 9), modified: 1_000_009)
        #expect(throws: ShareFile.ReadFailure.changed) { try cache.bytes(file, 0..<1000) }
    }

    @Test func aTruncatedFileNeverGivesGarbage() throws {
        let fixture = try ShareFixture()
        let cache = cache(fixture)
        let file = cache.file(try fixture.write("a.txt", random(300_000, seed: 8)))
        _ = try cache.bytes(file, 0..<1000)
        try fixture.write("a.txt", random(100, seed: 8), modified: 1_000_000)
        #expect(throws: ShareFile.ReadFailure.changed) { try cache.bytes(file, 200_000..<201_000) }
    }

    @Test func theSharesErrorReachesTheReader() throws {
        let fixture = try ShareFixture()
        let cache = cache(fixture)
        let identity = try fixture.write("a.txt", random(1000, seed: 8))
        try FileManager.default.removeItem(atPath: "\(fixture.path)/a.txt")
        try FileManager.default.createSymbolicLink(
            atPath: "\(fixture.path)/a.txt", withDestinationPath: "elsewhere")
        let file = cache.file(identity)
        #expect(throws: ShareFile.ReadFailure.errno(.symlinkLoop)) { try cache.bytes(file, 0..<10) }
        // And the next read tries again, instead of remembering a failure.
        try FileManager.default.removeItem(atPath: "\(fixture.path)/a.txt")
        try fixture.write("a.txt", random(1000, seed: 8))
        #expect(try cache.bytes(file, 0..<1000) == random(1000, seed: 8))
    }

    @Test func aSizeBeyondAllChunkNumbersIsAnErrorAndNotTheEnd() throws {
        let fixture = try ShareFixture()
        let cache = cache(fixture)
        let size = Int64.max
        let file = cache.file(
            ObjectIdentity.make(
                share: ObjectKey(words: (1, 2, 3, 4)), path: RelativePath(["huge.conf"]),
                fingerprint: Fingerprint(size: size, modified: Timestamp(seconds: 1)),
                rules: .usual, now: SystemClock().wall))
        #expect(throws: ShareFile.ReadFailure.errno(.fileTooLarge)) {
            try cache.bytes(file, (size - 100)..<size)
        }
        cache.prefetch(file, (size - 100)..<size)
    }

    @Test func aFileThatIsGoneIsNoLongerThatVersion() throws {
        let fixture = try ShareFixture()
        let cache = cache(fixture)
        let file = cache.file(try fixture.write("a.txt", random(1000, seed: 8)))
        try FileManager.default.removeItem(atPath: "\(fixture.path)/a.txt")
        #expect(throws: ShareFile.ReadFailure.changed) { try cache.bytes(file, 0..<10) }
    }

    /// The ratio that people see is of what they asked for: not of what is loaded ahead, nor of the disk tier's own look-ups.
    @Test func hitsOfTheDiskTierAreOfWhatReadersAskFor() throws {
        let fixture = try ShareFixture()
        let disk = try fixture.diskTier()
        let cache = ChunkCache(
            configuration: ChunkCache.Configuration(memoryLimit: .mebibytes(64)),
            share: fixture.share, tiers: fixture.chain(disk), buffers: BufferPool())
        let block = Int64(64 << 10)
        let bytes = random(40 * Int(block), seed: 7)
        var file = cache.file(try fixture.write("film.mkv", bytes))
        // Ten blocks are on disk; all of them were the share's until now.
        _ = try cache.bytes(file, 0..<(10 * block))
        #expect(disk.drain(until: 1))
        cache.drop(file)
        _ = cache.statistics
        #expect(disk.statistics.hits == 0 && disk.statistics.misses == 10)

        file = cache.file(file.identity)
        let came = ConditionMutex(false)
        cache.prefetch(file, 0..<(30 * block)) {
            came.withLock { isDone, condition in
                isDone = true
                condition.broadcast()
            }
        }
        came.wait { isDone, _ in isDone ? () : nil }
        _ = cache.statistics
        #expect(disk.statistics.hits == 0 && disk.statistics.misses == 10, "nobody asked")

        // Five of the disk's, fifteen that the share was asked for ahead, and five that nobody had.
        for _ in 0..<3 { _ = try cache.bytes(file, (5 * block)..<(25 * block)) }
        _ = try cache.bytes(file, (35 * block)..<(40 * block))
        _ = cache.statistics
        #expect(disk.statistics.hits == 5 && disk.statistics.misses == 30)
        disk.close()
    }
}
