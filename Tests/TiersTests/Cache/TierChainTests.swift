import Eviction
import Model
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Share
@testable import Tiers

/// Tiers that are not the disk's: one that takes its time, one that fails, one that hangs.
@Suite struct TierChainTests {
    private let block = Int64(64 << 10)

    private func bytes(_ count: Int64) -> [UInt8] {
        var generator = SplitMix(seed: 17)
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    private func cache(_ fixture: ShareFixture, _ tiers: TierChain) -> ChunkCache {
        ChunkCache(
            configuration: ChunkCache.Configuration(memoryLimit: .mebibytes(64)),
            share: fixture.share, tiers: tiers, buffers: BufferPool())
    }

    /// Each serves what it has: the second what the first lost, and the first again from then on.
    @Test func whatALaterTierHasIsStoredInTheEarlierOne() throws {
        let fixture = try ShareFixture()
        let (near, far) = (MadeUpTier("near"), MadeUpTier("far"))
        let clock = SystemClock()
        let cache = cache(fixture, TierChain([near, far], clock: clock))
        let bytes = bytes(4 * block)
        var file = cache.file(try fixture.write("film.mkv", bytes))
        #expect(try cache.bytes(file, 0..<(4 * block)) == bytes)
        #expect(Eventually.holds { near.blocks == 4 && far.blocks == 4 })
        let reads = fixture.reads

        near.forgetAll()
        cache.drop(file)
        file = cache.file(file.identity)
        #expect(try cache.bytes(file, 0..<(2 * block)) == Array(bytes[..<Int(2 * block)]))
        #expect(Eventually.holds { near.blocks == 2 })
        cache.drop(file)
        file = cache.file(file.identity)
        far.forgetAll()
        #expect(try cache.bytes(file, 0..<(2 * block)) == Array(bytes[..<Int(2 * block)]))
        #expect(fixture.reads == reads)
        let figures = cache.tiers.figures
        #expect(figures.map(\.name) == ["near", "far"])
        #expect(figures.map(\.hits) == [2, 2])
        #expect(figures.map(\.bytes) == [UInt64(2 * block), UInt64(2 * block)])
    }

    private struct AdmitBooks: AdmissionPolicy {
        func admits(
            _ chunk: ChunkIndex, of identity: ObjectIdentity, _ traits: EntryTraits,
            to tier: String, from source: String?
        ) -> Bool {
            tier == "far" || traits.type == .userData && traits.size == 1000
        }
    }

    /// Each tier has what is admitted to it, and reads are answered either way.
    @Test func whatIsNotAdmittedIsNotStored() throws {
        let fixture = try ShareFixture()
        let (near, far) = (MadeUpTier("near"), MadeUpTier("far"))
        let chain = TierChain([near, far], admission: AdmitBooks(), clock: SystemClock())
        let cache = cache(fixture, chain)
        let (film, book) = (bytes(2 * block), bytes(1000))
        let files = [
            cache.file(try fixture.write("film.mkv", film)),
            cache.file(try fixture.write("book.pdf", book)),
        ]
        #expect(try cache.bytes(files[0], 0..<(2 * block)) == film)
        #expect(try cache.bytes(files[1], 0..<1000) == book)
        #expect(Eventually.holds { near.blocks == 1 && far.blocks == 3 })
        // Nor when it comes from a tier behind.
        cache.drop(files[0])
        let reads = fixture.reads
        let again = cache.file(files[0].identity)
        #expect(try cache.bytes(again, 0..<(2 * block)) == film)
        #expect(near.blocks == 1 && fixture.reads == reads)
    }

    /// Half here, half there, the rest on the share: put together right.
    @Test func aReadTakesFromEach() throws {
        let fixture = try ShareFixture()
        let (near, far) = (MadeUpTier("near"), MadeUpTier("far"))
        let cache = cache(fixture, TierChain([near, far], clock: SystemClock()))
        let bytes = bytes(8 * block)
        var file = cache.file(try fixture.write("film.mkv", bytes))
        _ = try cache.bytes(file, 0..<(6 * block))
        #expect(Eventually.holds { near.blocks == 6 && far.blocks == 6 })
        near.forget { $0 % 2 == 0 }
        cache.drop(file)
        file = cache.file(file.identity)
        #expect(try cache.bytes(file, 0..<(8 * block)) == bytes)
        // Of what it was asked for the first one had every other block.
        #expect(cache.tiers.figures.map(\.hits) == [3, 3])
    }

    /// It says that it has everything, and brings nothing, or a part: the share is asked for the rest.
    @Test(arguments: [MadeUpTier.Trouble.refuses, .bringsNothing, .bringsHalf])
    func whatATierFailsToBringComesFromBehindIt(trouble: MadeUpTier.Trouble) throws {
        let fixture = try ShareFixture()
        let tier = MadeUpTier("broken")
        let cache = cache(fixture, TierChain([tier], clock: SystemClock()))
        let bytes = bytes(8 * block)
        var file = cache.file(try fixture.write("film.mkv", bytes))
        _ = try cache.bytes(file, 0..<(8 * block))
        #expect(Eventually.holds { tier.blocks == 8 })
        cache.drop(file)
        file = cache.file(file.identity)
        tier.trouble = trouble
        #expect(try cache.bytes(file, 0..<(8 * block)) == bytes)
        let hits: UInt64 = trouble == .bringsHalf ? 4 : 0
        #expect(cache.tiers.figures.map(\.hits) == [hits])
    }

    /// A tier that hangs costs its patience once; then it is left alone for a while, and asked again after that. What it
    /// brings too late goes nowhere.
    @Test func aTierThatHangsIsWaitedForOnce() throws {
        let fixture = try ShareFixture()
        let clock = ManualClock()
        let tier = MadeUpTier("hanging", patience: .seconds(2))
        let cache = cache(fixture, TierChain([tier], clock: clock))
        let bytes = bytes(4 * block)
        let identity = try fixture.write("film.mkv", bytes)
        var file = cache.file(identity)
        _ = try cache.bytes(file, 0..<(4 * block))
        #expect(Eventually.holds { tier.blocks == 4 })
        tier.trouble = .hangs
        cache.drop(file)
        file = cache.file(identity)
        let read = Reading(cache, file, 0..<(4 * block))
        #expect(Eventually.holds { tier.hanging == 1 })
        #expect(!read.isAnswered)
        clock.advance(by: .seconds(2))
        #expect(read.wait() == bytes)

        // Left alone: nobody waits, whatever the clock says.
        cache.drop(file)
        file = cache.file(identity)
        #expect(try cache.bytes(file, 0..<(4 * block)) == bytes)
        #expect(tier.hanging == 1)

        tier.trouble = nil
        tier.letGo()
        clock.advance(by: TierHealth.pauseMin)
        let before = fixture.reads
        cache.drop(file)
        file = cache.file(identity)
        #expect(try cache.bytes(file, 0..<(4 * block)) == bytes)
        #expect(fixture.reads == before)
    }

    /// Readers of what is in memory, and of other tiers, are not held up by a slow one.
    @Test func aSlowTierHoldsUpNobodyElse() throws {
        let fixture = try ShareFixture()
        let (near, far) = (MadeUpTier("near"), MadeUpTier("far"))
        let cache = cache(fixture, TierChain([near, far], clock: SystemClock()))
        let bytes = bytes(4 * block)
        let identity = try fixture.write("film.mkv", bytes)
        var file = cache.file(identity)
        _ = try cache.bytes(file, 0..<(4 * block))
        #expect(Eventually.holds { near.blocks == 4 && far.blocks == 4 })
        near.forget { $0 > 0 }
        cache.drop(file)
        file = cache.file(identity)
        far.trouble = .hangs
        let slow = Reading(cache, file, block..<(2 * block))
        #expect(Eventually.holds { far.hanging == 1 })
        #expect(try cache.bytes(file, 0..<block) == Array(bytes[..<Int(block)]))
        #expect(!slow.isAnswered)
        far.letGo()
        #expect(slow.wait() == Array(bytes[Int(block)..<Int(2 * block)]))
    }

    /// What was being loaded ahead and is not wanted any more is not asked of the share; who came to wait for it gets it.
    @Test(arguments: [false, true])
    func whatIsCancelledIsFetchedForReadersOnly(hasReader: Bool) throws {
        let fixture = try ShareFixture()
        let tier = MadeUpTier("slow")
        let cache = cache(fixture, TierChain([tier], clock: SystemClock()))
        let bytes = bytes(4 * block)
        let identity = try fixture.write("film.mkv", bytes)
        var file = cache.file(identity)
        _ = try cache.bytes(file, 0..<(4 * block))
        #expect(Eventually.holds { tier.blocks == 4 })
        cache.drop(file)
        file = cache.file(identity)
        tier.trouble = .hangs
        let came = Mutexed(false)
        cache.prefetch(file, 0..<(4 * block)) { came.withLock { $0 = true } }
        #expect(Eventually.holds { tier.hanging == 1 })
        let before = fixture.reads
        cache.cancelPrefetch(file, 0..<(4 * block))
        let read = hasReader ? Reading(cache, file, 0..<block) : nil
        tier.trouble = .bringsNothing
        tier.letGo()
        #expect(Eventually.holds { came.withLock { $0 } })
        if let read { #expect(read.wait() == Array(bytes[..<Int(block)])) }
        #expect(fixture.reads - before == (hasReader ? 1 : 0))
        // And is not taken for being under way for ever.
        tier.trouble = nil
        #expect(try cache.bytes(file, 0..<(4 * block)) == bytes)
    }

    /// Discarded in every tier, also what is on its way between two.
    @Test func whatIsWrittenLeavesEveryTier() throws {
        let fixture = try ShareFixture()
        let (near, far) = (MadeUpTier("near"), MadeUpTier("far"))
        let cache = cache(fixture, TierChain([near, far], clock: SystemClock()))
        let bytes = bytes(2 * block)
        let identity = try fixture.write("film.mkv", bytes)
        let file = cache.file(identity)
        _ = try cache.bytes(file, 0..<(2 * block))
        #expect(Eventually.holds { near.blocks == 2 && far.blocks == 2 })
        near.forgetAll()
        cache.drop(file)
        let again = cache.file(identity)
        far.trouble = .hangs
        let read = Reading(cache, again, 0..<(2 * block))
        #expect(Eventually.holds { far.hanging == 1 })
        cache.supersede(again, keepsSource: true)
        far.letGo()
        #expect(read.wait() == bytes)
        #expect(near.blocks == 0 && far.blocks == 0)
    }
}

/// A read under way.
private final class Reading: Sendable {
    private let answer = ConditionMutex<[UInt8]?>(nil)

    init(_ cache: ChunkCache, _ file: CachedFile, _ range: Range<Int64>) {
        cache.read(file, range) { [answer] result, _ in
            let bytes = (try? result.get())?.flatMap { Array($0.bytes) } ?? []
            answer.withLock { answer, condition in
                answer = bytes
                condition.broadcast()
            }
        }
    }

    var isAnswered: Bool { answer.withLock { answer, _ in answer != nil } }

    /// nil where no answer comes.
    func wait() -> [UInt8]? {
        Eventually.holds { isAnswered } ? answer.withLock { answer, _ in answer } : nil
    }
}

/// A tier in memory that does as it is told.
final class MadeUpTier: ChunkTier {
    enum Trouble: Sendable {
        case refuses, bringsNothing, bringsHalf, hangs
    }

    private struct Key: Hashable {
        var object: ObjectKey
        var chunk: ChunkIndex
    }

    private struct State {
        var stored: [Key: [Int: LoadedBlock]] = [:]
        var trouble: Trouble?
        var hanging: [@Sendable () -> Void] = []
    }

    let name: String
    let patience: Duration?
    private let state = Mutex(State())
    private let pool = WorkerPool(name: "made-up", threads: 1, queueMax: 1024)

    init(_ name: String, patience: Duration? = nil) {
        self.name = name
        self.patience = patience
    }

    deinit { pool.stop() }

    var trouble: Trouble? {
        get { state.withLock { $0.trouble } }
        set { state.withLock { $0.trouble = newValue } }
    }

    var blocks: Int { state.withLock { $0.stored.values.reduce(0) { $0 + $1.count } } }

    var hanging: Int { state.withLock { $0.hanging.count } }

    /// Answers what hangs.
    func letGo() {
        let hanging = state.withLock { state in
            defer { state.hanging = [] }
            return state.hanging
        }
        for answer in hanging { answer() }
    }

    func forgetAll() { forget { _ in true } }

    func forget(where isForgotten: (Int) -> Bool) {
        state.withLock { state in
            for key in state.stored.keys {
                state.stored[key] = state.stored[key]?.filter { !isForgotten($0.key) }
            }
        }
    }

    func object(_ identity: ObjectIdentity) -> any TierObject {
        Object(tier: self, key: identity.key)
    }

    func discard(_ identity: ObjectIdentity) {
        state.withLock { state in
            state.stored = state.stored.filter { $0.key.object != identity.key }
        }
    }

    func note(_ asked: AskedBlocks) {}

    private struct Object: TierObject {
        let tier: MadeUpTier
        let key: ObjectKey

        private func here(_ chunk: ChunkIndex) -> [Int: LoadedBlock] {
            tier.state.withLock { $0.stored[Key(object: key, chunk: chunk)] ?? [:] }
        }

        func stored(_ chunk: ChunkIndex) -> BlockMask? {
            BlockMask(blocks: Array(here(chunk).values))
        }

        func findStored(_ chunk: ChunkIndex, completion: @escaping @Sendable () -> Void) -> Bool {
            false
        }

        func load(
            _ blocks: BlockMask, of chunk: ChunkIndex, isUrgent: Bool,
            completion: @escaping @Sendable ([LoadedBlock]) -> Void
        ) -> (any TierLoad)? {
            guard tier.trouble != .refuses else { return nil }
            let answer: @Sendable () -> Void = { [self] in
                let wanted = here(chunk).values.filter { blocks.contains(block: $0.index) }
                    .sorted { $0.index < $1.index }
                switch tier.trouble {
                case .bringsNothing, .refuses: completion([])
                case .bringsHalf: completion(wanted.filter { $0.index % 2 == 0 })
                case .hangs, nil: completion(wanted)
                }
            }
            let isHeld = tier.state.withLock { state in
                if state.trouble == .hangs { state.hanging.append(answer) }
                return state.trouble == .hangs
            }
            guard !isHeld else { return Load() }
            return tier.pool.submit(answer) == nil ? nil : Load()
        }

        func loadHere(
            _ blocks: BlockMask, of chunk: ChunkIndex,
            completion: @escaping @Sendable ([LoadedBlock]) -> Void
        ) -> Bool {
            load(blocks, of: chunk, isUrgent: true, completion: completion) != nil
        }

        func store(_ blocks: [LoadedBlock], of chunk: ChunkIndex, priority: Priority) {
            tier.state.withLock { state in
                for block in blocks {
                    state.stored[Key(object: key, chunk: chunk), default: [:]][block.index] = block
                }
            }
        }
    }

    private struct Load: TierLoad {
        func promote() {}
        func cancel() {}
    }
}
