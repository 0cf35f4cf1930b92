import Model

/// Jobs that run when their time has come, on one thread: a thousand may wait without a thread each.
///
/// Bounded by who submits: the kernel keeps a bounded number of requests in flight. Jobs must be short.
public final class DelayQueue: Sendable {
    private struct Entry: Sendable, HeapElement {
        var due: Duration
        /// Order of arrival, for jobs that are due at the same time.
        var number: UInt64
        var job: @Sendable () -> Void

        func isBefore(_ other: Entry) -> Bool { (due, number) < (other.due, other.number) }
    }

    private struct State: Sendable {
        var entries = BinaryHeap<Entry>()
        var submitted: UInt64 = 0
        var isStopped = false
    }

    private let clock: any LarderClock
    private let guarded = ConditionMutex(State())

    public init(clock: any LarderClock) {
        self.clock = clock
        startThread(name: "delay") { [guarded, clock] in Self.run(guarded, clock) }
    }

    /// Runs `job` at `due` (monotonic), or drops it when the queue is stopped before.
    ///
    /// - Parameter limit: dropped at once where so many wait already; for jobs that are not needed.
    public func submit(
        due: Duration, ifFewerThan limit: Int = .max, _ job: @escaping @Sendable () -> Void
    ) {
        guarded.withLock { state, condition in
            guard !state.isStopped, state.entries.count < limit else { return }
            state.submitted += 1
            state.entries.push(Entry(due: due, number: state.submitted, job: job))
            // Only a new first job changes what the thread waits for.
            if state.entries.first?.number == state.submitted { condition.signal() }
        }
    }

    /// Drops what waits; the thread ends.
    public func stop() {
        let dropped = guarded.withLock { state, condition in
            state.isStopped = true
            condition.signal()
            defer { state.entries = BinaryHeap() }
            return state.entries
        }
        // Freed here, outside of the lock: what a job held may act when it is let go.
        _ = dropped
    }

    private enum Step: Sendable {
        case run(@Sendable () -> Void)
        case pause(Duration, first: UInt64)
        case stop
    }

    private static func run(_ guarded: ConditionMutex<State>, _ clock: any LarderClock) {
        while true {
            let step = guarded.wait { state, _ -> Step? in
                if state.isStopped { return .stop }
                guard let first = state.entries.first else { return nil }
                let left = first.due - clock.monotonic
                if left > .zero { return .pause(left, first: first.number) }
                return state.entries.popFirst().map { .run($0.job) }
            }
            switch step {
            case .stop: return
            case .run(let job): job()
            case .pause(let left, let first):
                _ = guarded.wait(timeout: left) { state, _ in
                    state.isStopped || state.entries.first?.number != first ? () : nil
                }
            }
        }
    }
}
