import Fuse
import Model
import Platform
import Share
import TestSupport
import Testing
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

    /// Names in a folder, as whoever opens it now gets them; sorted.
    func list(_ path: RelativePath) throws -> [String] {
        let id = try #require(namespace.nodes.node(at: path))
        let answer = ConditionMutex<[String]?>(nil)
        namespace.openDirectory(id) { result in
            answer.withLock { state, condition in
                state = (try? result.get())?.entries.map { $0.name.description }.sorted() ?? []
                condition.broadcast()
            }
        }
        return answer.wait { state, _ in state }
    }

    /// Makes a file on the share, behind the view's back.
    func makeFile(_ name: String) throws {
        let path = directory.path + "/" + name
        let flags: OpenFlags = [.writeOnly, .create, .truncate]
        let file = try FileCalls.open(path, flags, mode: 0o600)
        try FileContents.write(file.rawValue, [1, 2, 3])
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
