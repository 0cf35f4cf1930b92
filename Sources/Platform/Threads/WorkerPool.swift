import Glibc
import Synchronization

/// A fixed number of threads that run jobs, urgent ones first, else in order of arrival. Bounded:
/// ``submit(urgent:_:)`` says when it is full.
///
/// Jobs run outside of every lock and may block. Larder uses threads and not Swift's cooperative pool
/// because its jobs are system calls that can hang for as long as a disk or a NAS does.
public final class WorkerPool: Sendable {
    private struct State {
        var urgent = JobQueue()
        var normal = JobQueue()
        var stopping = false
        var alive = 0
    }

    /// First in, first out; what has run is forgotten at a cost that is spread over many jobs.
    private struct JobQueue {
        private var jobs: [@Sendable () -> Void] = []
        private var head = 0

        var count: Int { jobs.count - head }

        mutating func append(_ job: @escaping @Sendable () -> Void) {
            jobs.append(job)
        }

        mutating func popFirst() -> (@Sendable () -> Void)? {
            guard head < jobs.count else { return nil }
            defer {
                head += 1
                if head == jobs.count || head >= 1024 {
                    jobs.removeFirst(head)
                    head = 0
                }
            }
            return jobs[head]
        }
    }

    private let queueMax: Int
    private let guarded: ConditionMutex<State>

    /// - Parameters:
    ///   - name: thread name, at most 15 bytes.
    ///   - threads: how many.
    ///   - queueMax: jobs that may wait, of each urgency.
    public init(name: String, threads: Int, queueMax: Int) {
        self.queueMax = queueMax
        var state = State()
        state.alive = threads
        guarded = ConditionMutex(state)
        for _ in 0..<threads {
            startThread(name: name) { [guarded] in Self.run(guarded) }
        }
    }

    /// - Parameter urgent: somebody waits for it now; goes before all that is not.
    /// - Returns: false when `queueMax` jobs wait already or the pool is stopped; the job is not taken then.
    public func submit(urgent: Bool = false, _ job: @escaping @Sendable () -> Void) -> Bool {
        guarded.withLock { state, condition in
            guard !state.stopping, (urgent ? state.urgent : state.normal).count < queueMax else {
                return false
            }
            if urgent {
                state.urgent.append(job)
            } else {
                state.normal.append(job)
            }
            condition.signal()
            return true
        }
    }

    /// Lets waiting jobs finish, then ends the threads; returns when they have ended.
    public func stop() {
        guarded.withLock { state, condition in
            state.stopping = true
            condition.broadcast()
        }
        guarded.wait { state, _ in state.alive == 0 ? () : nil }
    }

    private static func run(_ guarded: ConditionMutex<State>) {
        while let job = guarded.wait(until: { state, condition in take(&state, condition) }) {
            job()
        }
    }

    /// - Returns: a job; `.some(nil)` to end the thread; nil to wait.
    private static func take(
        _ state: inout State, _ condition: ConditionMutex<State>.Condition
    ) -> (@Sendable () -> Void)?? {
        if let job = state.urgent.popFirst() ?? state.normal.popFirst() { return job }
        guard state.stopping else { return nil }
        state.alive -= 1
        condition.broadcast()
        return .some(nil)
    }
}
