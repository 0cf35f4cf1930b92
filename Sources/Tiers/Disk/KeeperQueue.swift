import Eviction
import Model
import Platform

/// What waits for the keeper: chunks to store, bounded in bytes, and other work, which callers wait for.
///
/// Threads: any puts, the keeper takes. Putting never waits for the disk.
final class KeeperQueue: Sendable {
    enum Job: Sendable {
        case store(DiskObject, ChunkIndex, [LoadedBlock], Standing)
        case work(@Sendable (DiskKeeper) -> Void)
    }

    /// What a chunk is worth that comes.
    struct Standing: Sendable {
        /// Of who has read it.
        var priority: Priority
        /// What another tier knew of it that has let it go.
        var record: EntryRecord?
    }

    enum Next {
        case job(Job)
        /// Nothing came for a while.
        case idle
        case end
    }

    private struct State {
        var jobs: [Job] = []
        var head = 0
        var queuedBytes = 0
        /// Jobs of ``putRemoval(_:)`` that wait.
        var removals = 0
        /// All of it is to go: more was to be removed than can be remembered.
        var removesAll = false
        /// What the keeper stores now.
        var storing: RelativePath?
        /// When it took that.
        var storesSince: Duration?
        var isStopping = false
        /// What is still queued is thrown away.
        var isHasty = false
        var hasEnded = false
    }

    /// Bytes of buffers that may wait.
    static let bytesMax = 64 << 20
    /// Removals that may wait, for a disk that hangs; beyond that, everything is removed when it goes on.
    static let removalsMax = 8192
    private static let endCheckInterval = Duration.milliseconds(200)

    private let guarded = ConditionMutex(State())

    private static func bytes(_ blocks: [LoadedBlock]) -> Int {
        blocks.reduce(0) { $0 + $1.buffer.capacity }
    }

    /// Whether the disk keeps the keeper waiting.
    func currentStoreTakes(longerThan limit: Duration) -> Bool {
        guarded.withLock { state, _ in
            state.storesSince.map { SystemClock().monotonic - $0 > limit } ?? false
        }
    }

    var queuedBytes: Int { guarded.withLock { state, _ in state.queuedBytes } }

    /// - Returns: false when there is no room, or the keeper has been told to stop.
    func put(
        _ object: DiskObject, _ chunk: ChunkIndex, _ blocks: [LoadedBlock], _ standing: Standing
    ) -> Bool {
        let bytes = Self.bytes(blocks)
        return guarded.withLock { state, condition in
            // A scan at the link's speed leaves room for what people read beside it.
            let bytesMax = standing.priority == .low ? Self.bytesMax / 2 : Self.bytesMax
            guard !state.isStopping, state.queuedBytes + bytes <= bytesMax else {
                return false
            }
            state.queuedBytes += bytes
            state.jobs.append(.store(object, chunk, blocks, standing))
            condition.broadcast()
            return true
        }
    }

    /// - Returns: false when the keeper has been told to stop.
    @discardableResult
    func put(_ work: @escaping @Sendable (DiskKeeper) -> Void) -> Bool {
        guarded.withLock { state, condition in
            guard !state.isStopping else { return false }
            state.jobs.append(.work(work))
            condition.broadcast()
            return true
        }
    }

    /// As ``put(_:)``, for what removes something. Bounded.
    func putRemoval(_ work: @escaping @Sendable (DiskKeeper) -> Void) {
        guarded.withLock { state, condition in
            guard !state.isStopping, !state.removesAll else { return }
            state.removals += 1
            if state.removals > Self.removalsMax {
                state.removesAll = true
                state.jobs.append(
                    .work { [self] keeper in
                        guarded.withLock { state, _ in
                            state.removesAll = false
                            state.removals -= 1
                        }
                        _ = keeper.evict(nil)
                        keeper.core.removeBehind(.everything)
                    })
            } else {
                state.jobs.append(
                    .work { [self] keeper in
                        guarded.withLock { state, _ in state.removals -= 1 }
                        work(keeper)
                    })
            }
            condition.broadcast()
        }
    }

    /// Runs `work` on the keeper's thread behind everything queued, and waits for what it returns.
    ///
    /// - Returns: nil when the keeper stops before that.
    func wait<Result: Sendable>(
        for work: @escaping @Sendable (DiskKeeper) -> Result
    ) -> Result? {
        let answer = ConditionMutex<Result?>(nil)
        let taken = put { keeper in
            let result = work(keeper)
            answer.withLock { state, condition in
                state = result
                condition.broadcast()
            }
        }
        guard taken else { return nil }
        while true {
            // The keeper may end without coming to it.
            let isLast = hasEnded
            let result = answer.wait(timeout: Self.endCheckInterval) { state, _ in state }
            if result != nil || isLast { return result }
        }
    }

    private var hasEnded: Bool { guarded.withLock { state, _ in state.hasEnded } }

    func next(idleAfter: Duration) -> Next {
        let next = guarded.wait(timeout: idleAfter) { state, _ -> Next? in
            if state.isHasty { return .end }
            if state.head < state.jobs.count {
                let job = state.jobs[state.head]
                if case .store(let object, _, _, _) = job {
                    state.storesSince = SystemClock().monotonic
                    state.storing = object.identity.path
                }
                state.head += 1
                if state.head == state.jobs.count || state.head >= 1024 {
                    state.jobs.removeFirst(state.head)
                    state.head = 0
                }
                return .job(job)
            }
            return state.isStopping ? .end : nil
        }
        return next ?? .idle
    }

    /// The bytes of a job are free again.
    func finish(_ blocks: [LoadedBlock]) {
        let bytes = Self.bytes(blocks)
        guarded.withLock { state, _ in
            state.queuedBytes -= bytes
            state.storesSince = nil
            state.storing = nil
        }
    }

    /// Whether something of a file waits to be stored, or is being.
    func mayStore(_ path: RelativePath) -> Bool {
        guarded.withLock { state, _ in
            state.storing == path
                || state.jobs[state.head...].contains { job in
                    if case .store(let object, _, _, _) = job {
                        object.identity.path == path
                    } else {
                        false
                    }
                }
        }
    }

    /// Whether a long task of the keeper should end early.
    var isStopping: Bool { guarded.withLock { state, _ in state.isStopping } }

    func noteEnd() {
        guarded.withLock { state, condition in
            state.hasEnded = true
            state.jobs = []
            state.head = 0
            condition.broadcast()
        }
    }

    /// Lets the keeper finish what is queued, for `patience` at most; then the rest is thrown away.
    func stop(patience: Duration) {
        guarded.withLock { state, condition in
            state.isStopping = true
            condition.broadcast()
        }
        if waitForEnd(patience) { return }
        guarded.withLock { state, condition in
            state.isHasty = true
            condition.broadcast()
        }
        // A write that hangs in the kernel must not hold up the end.
        _ = waitForEnd(.seconds(2))
    }

    private func waitForEnd(_ patience: Duration) -> Bool {
        guarded.wait(timeout: patience) { state, _ in state.hasEnded ? true : nil } ?? false
    }
}
