import Fuse
import Model
import Platform
import Share
import TestSupport
import Tiers

@testable import View

/// A namespace over a directory that plays the share, with the clock by hand.
final class NamespaceFixture {
    let directory: TemporaryDirectory
    let clock = ManualClock()
    let scheduler: ShareScheduler
    let share: Share
    let cache: ChunkCache
    let namespace: Namespace
    let delays: DelayQueue
    private static let lanes = 2

    init() throws {
        directory = try TemporaryDirectory()
        let log = Log(write: { _ in })
        scheduler = ShareScheduler(
            lanes: Self.lanes, deadline: .seconds(30), clock: clock, log: log)
        share = try Share(path: directory.path, scheduler: scheduler, clock: clock)
        cache = ChunkCache(
            configuration: ChunkCache.Configuration(memoryLimit: .mebibytes(64)), share: share,
            tiers: TierChain([], clock: clock), buffers: BufferPool())
        delays = DelayQueue(clock: clock)
        namespace = Namespace(
            share: share, root: try share.rootAttributes(), isShared: false,
            rules: FreshnessRules(
                consistency: .eventual, propagationDelay: .seconds(5),
                attributeTTL: .seconds(300)),
            cache: cache, disk: nil, invalidator: Invalidator(), delays: delays, clock: clock,
            log: log)
    }

    deinit {
        delays.stop()
        namespace.stop()
        scheduler.stop()
    }

    /// Nothing is answered before the gate is opened.
    func hang() -> Gate {
        let gate = Gate()
        for _ in 0..<Self.lanes {
            scheduler.submit(.demand) { () throws(Errno) in
                gate.pass()
            } completion: { _ in
            }
        }
        gate.waitFor(Self.lanes)
        return gate
    }

    /// - Returns: whether the answer was there at once, and what it will be.
    func look(
        at name: Name, for caller: Int32 = 0
    ) -> (isAtOnce: Bool, answer: () -> FuseEntry?) {
        let answers = ConditionMutex<FuseEntry??>(nil)
        namespace.lookup(parent: .root, name: name, for: caller) { result in
            answers.withLock { answer, condition in
                answer = .some(try? result.get())
                condition.broadcast()
            }
        }
        let isAtOnce = answers.withLock { answer, _ in answer != nil }
        return (isAtOnce, { answers.wait { answer, _ in answer } })
    }
}
