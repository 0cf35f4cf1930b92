import Foundation
import Glibc
import Model
import Platform
import Share
import TestSupport
import Testing

@testable import Tiers

/// Bytes of one version are not joined with those of another, and not stored as its own, however short a time ago the file was
/// looked at. The file keeps its size and is rewritten in place, so that an open descriptor leads to the new bytes.
@Suite struct VersionTests {
    private static let count = 2 << 20
    private let old = [UInt8](repeating: UInt8(ascii: "A"), count: count)
    private let new = [UInt8](repeating: UInt8(ascii: "B"), count: count)
    private let all = Int64(0)..<Int64(count)
    /// The first block of it.
    private let head = Int64(0)..<4096
    private let longAgo: Int64 = 1_000_000

    private func make(
        isRemote: Bool, consistency: Consistency = .eventual
    ) throws -> (ShareFixture, ChunkCache, DiskTier) {
        let fixture = try ShareFixture(isRemote: isRemote)
        let disk = try fixture.diskTier()
        let cache = ChunkCache(
            configuration: ChunkCache.Configuration(
                memoryLimit: .mebibytes(64), consistency: consistency),
            share: fixture.share, tiers: fixture.chain(disk), buffers: BufferPool())
        return (fixture, cache, disk)
    }

    /// In place.
    private struct Rewriting: Sendable {
        let path: String
        let bytes: [UInt8]
        let modified: Int64

        func callAsFunction() throws {
            let file = try FileCalls.open("\(path)/film.mkv", [.writeOnly])
            try bytes.withUnsafeBytes { try FileCalls.write(file.rawValue, $0, at: 0) }
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSince1970: TimeInterval(modified))],
                ofItemAtPath: "\(path)/film.mkv")
        }
    }

    /// Lanes that are taken until this is open.
    private func occupy(
        _ urgency: ShareScheduler.Urgency, _ count: Int, of fixture: ShareFixture
    ) -> Gate {
        let gate = Gate()
        for _ in 0..<count {
            fixture.scheduler.submit(urgency) { () throws(Errno) in
                gate.pass()
            } completion: { _ in
            }
        }
        gate.waitFor(count)
        return gate
    }

    private func toNew(_ fixture: ShareFixture) -> Rewriting {
        Rewriting(path: fixture.path, bytes: new, modified: longAgo + 1)
    }

    private func back(_ fixture: ShareFixture) -> Rewriting {
        Rewriting(path: fixture.path, bytes: old, modified: longAgo)
    }

    @Test(arguments: [false, true])
    func whatComesLaterIsOfTheSameVersion(isRemote: Bool) throws {
        let (fixture, cache, disk) = try make(isRemote: isRemote)
        let file = cache.file(try fixture.write("film.mkv", old))
        #expect(try cache.bytes(file, head) == Array(old[..<4096]))
        try toNew(fixture)()
        #expect(throws: ShareFile.ReadFailure.changed) { try cache.bytes(file, all) }
        // Fetched ahead, nobody is there to be told; it is not kept either.
        let arrivals = Gate()
        arrivals.open()
        cache.prefetch(file, all) { arrivals.pass() }
        arrivals.waitFor(1)
        // The look that follows the read, too.
        #expect(
            Eventually.holds {
                let statistics = fixture.scheduler.statistics
                return statistics.running + statistics.waiting == 0
            })
        #expect(!cache.holdsRead(file, all))
        try back(fixture)()
        disk.drain()
        cache.drop(file)
        #expect(try cache.bytes(cache.file(file.identity), all) == old)
    }

    /// Who is given one request's bytes and nothing beside them needs not wait for the word of the share; they are kept by
    /// nobody until it has come, and taken back if it is no.
    @Test func whatWasGivenBeforeItWasVerifiedIsTakenBack() throws {
        let (fixture, cache, disk) = try make(isRemote: true)
        let file = cache.file(try fixture.write("film.mkv", old))
        let rewriting = toNew(fixture)
        let retracted = Gate()
        retracted.open()
        let answered = ConditionMutex<ChunkCache.ReadResult?>(nil)
        cache.read(file, head, retracted: { retracted.pass() }) { result, _ in
            // Between the answer and the question whether it was right.
            #expect(throws: Never.self) { try rewriting() }
            answered.withLock { answered, condition in
                answered = result
                condition.broadcast()
            }
        }
        let given = try answered.wait { answered, _ in answered }.get().flatMap { Array($0.bytes) }
        #expect(given == Array(old[..<4096]))
        retracted.waitFor(1)
        #expect(!cache.holdsRead(file, head))
        try back(fixture)()
        disk.drain()
        #expect(throws: Never.self) { try cache.bytes(cache.file(file.identity), all) }
    }

    /// The same for who waits for what is fetched ahead, or comes before the word of the share.
    @Test(arguments: [false, true])
    func whatIsFetchedAheadIsGivenBeforeItIsVerified(comesLater: Bool) throws {
        let (fixture, cache, _) = try make(isRemote: true)
        let file = cache.file(try fixture.write("film.mkv", old))
        let gate = occupy(.verification, fixture.scheduler.verificationLanes, of: fixture)
        // Then what waits behind it on the one lane that is left tells that it has come.
        let others = comesLater ? occupy(.demand, fixture.scheduler.lanes - 1, of: fixture) : nil
        cache.prefetch(file, head)
        if comesLater {
            occupy(.background, 1, of: fixture).open()
        }
        let retracted = Gate()
        retracted.open()
        let answered = ConditionMutex<ChunkCache.ReadResult?>(nil)
        cache.read(file, head, retracted: { retracted.pass() }) { result, _ in
            answered.withLock { answered, condition in
                answered = result
                condition.broadcast()
            }
        }
        let given = try answered.wait { answered, _ in answered }.get().flatMap { Array($0.bytes) }
        #expect(given == Array(old[..<4096]))
        try toNew(fixture)()
        others?.open()
        gate.open()
        retracted.waitFor(1)
        #expect(!cache.holdsRead(file, head))
    }

    /// A reader who goes from place to place in what is cached, and then to one that is not: he is alone there as well.
    @Test func whoIsAnsweredFromMemoryLeavesRoomForOthers() throws {
        let (fixture, cache, _) = try make(isRemote: true)
        let file = cache.file(try fixture.write("film.mkv", old))
        for start in stride(from: Int64(0), to: 1 << 20, by: 2 * 4096) {
            _ = try cache.bytes(file, start..<start + 4096)
        }
        let gate = occupy(.verification, fixture.scheduler.verificationLanes, of: fixture)
        let isAnswered = Mutexed(false)
        cache.read(file, all.upperBound - 4096..<all.upperBound) { result, _ in
            isAnswered.withLock { $0 = (try? result.get()) != nil }
        }
        #expect(Eventually.holds { isAnswered.withLock { $0 } })
        gate.open()
    }

    /// Nobody could be asked: it may be another version's.
    @Test func whatCouldNotBeVerifiedIsTakenBack() throws {
        let (fixture, cache, _) = try make(isRemote: true)
        let file = cache.file(try fixture.write("film.mkv", old))
        let gate = occupy(.verification, fixture.scheduler.verificationLanes, of: fixture)
        let retracted = Gate()
        retracted.open()
        let answered = Gate()
        answered.open()
        cache.read(file, head, retracted: { retracted.pass() }) { result, _ in
            #expect(throws: Never.self) { try result.get() }
            answered.pass()
        }
        answered.waitFor(1)
        // The question waits in the queue, and is refused.
        while fixture.scheduler.statistics.waiting == 0 { sched_yield() }
        fixture.scheduler.stop()
        retracted.waitFor(1)
        gate.open()
    }

    /// The neighbour of what somebody has, and everything in `strict`.
    @Test(arguments: [Consistency.eventual, .strict])
    func othersWaitForTheWordOfTheShare(consistency: Consistency) throws {
        let (fixture, cache, _) = try make(isRemote: true, consistency: consistency)
        let file = cache.file(try fixture.write("film.mkv", old))
        let block = Int64(file.geometry.blockSize)
        let wanted = consistency == .strict ? 0..<block : block..<(2 * block)
        if consistency == .eventual { _ = try cache.bytes(file, 0..<block) }
        let rewriting = toNew(fixture)
        let opened: @Sendable () -> Void = {
            // Before its bytes are read: they are the new ones.
            #expect(throws: Never.self) { try rewriting() }
        }
        let answered = ConditionMutex<ChunkCache.ReadResult?>(nil)
        cache.read(file, wanted, opened: opened) { result, _ in
            answered.withLock { answered, condition in
                answered = result
                condition.broadcast()
            }
        }
        let result = answered.wait { answered, _ in answered }
        #expect(throws: ShareFile.ReadFailure.changed) { try result.get() }
    }

    /// Against a list of everything that was asked for.
    @Test(arguments: [UInt64.random(in: .min ... .max), 3])
    func onlyWhoHasNothingBesideItIsAlone(seed: UInt64) {
        var generator = SplitMix(seed: seed)
        for size in [Int64(1), 5000, 300_000, 20 << 20, 3 << 40] {
            let geometry = ChunkGeometry(chunkSize: 1 << 20, fileSize: size)
            let shown = ShownRanges(geometry)
            var asked: [Range<Int64>] = []
            var alone: [Range<Int64>] = []
            for _ in 0..<40 {
                let start = Int64.random(in: 0..<size, using: &generator)
                let length = Int64.random(in: 1...(1 << 20), using: &generator)
                let range = start..<min(size, start + length)
                let touches = { (other: Range<Int64>) in
                    other.lowerBound <= range.upperBound && other.upperBound >= range.lowerBound
                }
                if shown.add(range) {
                    #expect(!asked.contains(where: touches), "seed \(seed): \(range) of \(size)")
                    alone.append(range)
                }
                asked.append(range)
                if Bool.random(using: &generator),
                    let earlier = alone.randomElement(using: &generator),
                    shown.isStillAlone(earlier)
                {
                    let others = asked.filter { $0 != earlier }
                    #expect(
                        !others.contains {
                            $0.lowerBound <= earlier.upperBound
                                && $0.upperBound >= earlier.lowerBound
                        }, "seed \(seed): \(earlier) of \(size)")
                    #expect(!shown.isStillAlone(earlier), "true once")
                }
            }
        }
        let film = ShownRanges(ChunkGeometry(chunkSize: 1 << 20, fileSize: 4 << 30))
        #expect(film.add(0..<65536))
        #expect(film.add((2 << 30)..<(2 << 30) + 65536), "far from all that was asked for")
        #expect(film.isStillAlone(0..<65536))
    }

    /// A database: pages here and there, between which nothing was shown, however many they are.
    @Test func pagesThatAreReadAtRandomAreAlone() {
        func isAlone(_ number: Int64, in shown: ShownRanges) -> Bool {
            let page = number * 4096..<(number + 1) * 4096
            return shown.add(page) && shown.isStillAlone(page)
        }
        let database = ShownRanges(ChunkGeometry(chunkSize: 1 << 20, fileSize: 512 << 20))
        for number in 0..<10_000 {
            #expect(isAlone(Int64(number) * 7 % 65536 * 2, in: database))
        }
        #expect(!isAlone(15, in: database), "between two that were shown")

        // What is kept of the largest file has a bound: its pieces are larger than pages.
        let largest = ShownRanges(ChunkGeometry(chunkSize: 1 << 20, fileSize: 1 << 52))
        #expect(isAlone(0, in: largest) && !isAlone(99, in: largest))
        #expect(isAlone(1 << 39, in: largest))

        // More places than there is room for: what has none is taken for shown.
        let leaf = Int64(ShownRanges.pagesPerLeaf)
        let places = Int64(ShownRanges.leavesMax)
        let large = ShownRanges(ChunkGeometry(chunkSize: 1 << 20, fileSize: 1 << 40))
        for place in 0...places { #expect(isAlone(place * leaf + 9, in: large)) }
        #expect(!isAlone(places * leaf + 99, in: large))
        #expect(isAlone(99, in: large))
        // One that is shown whole makes room.
        _ = large.add(0..<leaf * 4096)
        #expect(!isAlone(leaf, in: large) && !isAlone(500, in: large))
        #expect(isAlone((places + 1) * leaf + 9, in: large))
        #expect(isAlone((places + 1) * leaf + 99, in: large))
    }
}
