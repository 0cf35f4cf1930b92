import Model
import Platform
import Synchronization

/// One tier's place in a ``TierChain``: its health, its patience and its figures. Threads: any.
final class TierLink: Sendable {
    /// How a load ended.
    enum Ending: Sendable {
        /// What has not come is to be had elsewhere.
        case done
        /// What has not come is not wanted any more.
        case cancelled
    }

    let tier: any ChunkTier
    private let clock: any LarderClock
    /// Of a tier that keeps no time by itself.
    private let patience: Patience?
    private let counters = TierCounters()
    private let metrics: TierMetrics?

    private struct Patience: Sendable {
        let limit: Duration
        let overdue: DelayQueue
        let health = Mutexed(TierHealth())
    }

    init(_ tier: any ChunkTier, clock: any LarderClock, metrics: TierMetrics? = nil) {
        self.tier = tier
        self.clock = clock
        self.metrics = metrics
        patience = tier.patience.map { Patience(limit: $0, overdue: DelayQueue(clock: clock)) }
    }

    deinit {
        patience?.overdue.stop()
    }

    func object(_ identity: ObjectIdentity) -> any TierObject { tier.object(identity) }

    var figures: TierFigures { counters.figures(tier.name) }

    // MARK: - Loading

    typealias Completion = @Sendable ([LoadedBlock], Ending) -> Void

    /// - Returns: nil where the tier is not to be asked.
    func load(
        _ object: any TierObject, _ part: MissingBlocks, isUrgent: Bool,
        completion: @escaping Completion
    ) -> (any TierLoad)? {
        guard mayTry else { return nil }
        let (wanted, began) = (part.blocks.count, clock.monotonic)
        if isUrgent, patience == nil {
            return object.load(part.blocks, of: part.chunk, isUrgent: true) { [self] loaded in
                count(wanted, loaded, since: began)
                completion(loaded, .done)
            }
        }
        let run = Run(wanted: wanted, began: began, completion)
        let load = object.load(part.blocks, of: part.chunk, isUrgent: isUrgent) { [self] loaded in
            end(run, loaded)
        }
        guard let load else { return nil }
        watch(run, load)
        return Cancellable(load: load, run: run)
    }

    /// As ``load(_:_:isUrgent:completion:)``, by the calling thread.
    func loadHere(
        _ object: any TierObject, _ part: MissingBlocks, completion: @escaping Completion
    ) -> Bool {
        // A thread is lent to nobody who may keep it for longer than the chain waits.
        guard patience == nil else {
            return load(object, part, isUrgent: true, completion: completion) != nil
        }
        let (wanted, began) = (part.blocks.count, clock.monotonic)
        return object.loadHere(part.blocks, of: part.chunk) { [self] loaded in
            count(wanted, loaded, since: began)
            completion(loaded, .done)
        }
    }

    /// - Parameter completion: called once, when `object` knows what is stored of a chunk, or will not come to know.
    /// - Returns: false where nothing would be loaded: `completion` is not called.
    func findStored(
        _ object: any TierObject, _ chunk: ChunkIndex, completion: @escaping @Sendable () -> Void
    ) -> Bool {
        guard mayTry else { return false }
        guard patience != nil else { return object.findStored(chunk, completion: completion) }
        let run = Run(wanted: 0, began: clock.monotonic) { _, _ in completion() }
        guard object.findStored(chunk, completion: { [self] in end(run, []) }) else { return false }
        watch(run)
        return true
    }

    func store(
        _ blocks: [LoadedBlock], of chunk: ChunkIndex, _ identity: ObjectIdentity,
        priority: Priority
    ) {
        guard mayTry else { return }
        object(identity).store(blocks, of: chunk, priority: priority)
    }

    // MARK: - Patience

    private var mayTry: Bool {
        guard let patience else { return true }
        let now = clock.monotonic
        return patience.health.withLock { $0.mayTry(now: now) }
    }

    private func watch(_ run: Run, _ load: (any TierLoad)? = nil) {
        guard let patience else { return }
        patience.overdue.submit(due: run.began + patience.limit) { [weak self, run] in
            guard self?.giveUp(run) == true else { return }
            load?.cancel()
        }
    }

    /// - Returns: whether it was still waited for.
    private func giveUp(_ run: Run) -> Bool {
        guard let completion = run.take() else { return false }
        let now = clock.monotonic
        patience?.health.withLock { $0.fail("\(tier.name) did not answer in time", now: now) }
        count(run.wanted, [], since: run.began)
        completion([], run.ending)
        return true
    }

    private func end(_ run: Run, _ loaded: [LoadedBlock]) {
        guard let completion = run.take() else { return }
        if let patience { _ = patience.health.withLock { $0.succeed() } }
        count(run.wanted, loaded, since: run.began)
        completion(loaded, run.ending)
    }

    private func count(_ wanted: Int, _ loaded: [LoadedBlock], since began: Duration) {
        let took = clock.monotonic - began
        counters.add(wanted: wanted, loaded, took: took)
        metrics?.loaded(wanted: wanted, found: loaded.count, took: took)
    }

    /// A question that is under way; whoever takes its completion answers.
    private final class Run: Sendable {
        let wanted: Int
        /// Monotonic.
        let began: Duration
        private let state: Mutex<State>

        private struct State {
            var completion: Completion?
            var isCancelled = false
        }

        init(wanted: Int, began: Duration, _ completion: @escaping Completion) {
            self.wanted = wanted
            self.began = began
            state = Mutex(State(completion: completion))
        }

        /// - Returns: nil where it is answered.
        func take() -> Completion? {
            state.withLock { state in
                defer { state.completion = nil }
                return state.completion
            }
        }

        func cancel() { state.withLock { $0.isCancelled = true } }

        var ending: Ending { state.withLock { $0.isCancelled } ? .cancelled : .done }
    }

    private struct Cancellable: TierLoad {
        let load: any TierLoad
        let run: Run

        func promote() { load.promote() }

        func cancel() {
            run.cancel()
            load.cancel()
        }
    }
}
