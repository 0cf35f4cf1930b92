import Glibc
import Synchronization

/// A fixed number of threads that run jobs in order of arrival. Bounded: ``submit(_:)`` says when it is full.
///
/// Jobs run outside of every lock and may block. Larder uses threads and not Swift's cooperative pool
/// because its jobs are system calls that can hang for as long as a NAS does.
public final class WorkerPool: Sendable {
    private struct State {
        var queue: [@Sendable () -> Void] = []
        var head = 0
        var stopping = false
        var alive = 0
    }

    private let queueMax: Int
    private let guarded: ConditionMutex<State>

    /// - Parameters:
    ///   - name: thread name, at most 15 bytes.
    ///   - threads: how many.
    ///   - queueMax: jobs that may wait.
    public init(name: String, threads: Int, queueMax: Int) {
        self.queueMax = queueMax
        var state = State()
        state.alive = threads
        guarded = ConditionMutex(state)
        for _ in 0..<threads {
            startThread(name: name) { [guarded] in Self.run(guarded) }
        }
    }

    /// - Returns: false when `queueMax` jobs wait already or the pool is stopped; the job is not taken then.
    public func submit(_ job: @escaping @Sendable () -> Void) -> Bool {
        guarded.withLock { state, condition in
            guard !state.stopping, state.queue.count - state.head < queueMax else { return false }
            state.queue.append(job)
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
        if state.head < state.queue.count {
            let job = state.queue[state.head]
            state.head += 1
            // Forget what has run, at a cost spread over many jobs.
            if state.head == state.queue.count || state.head >= 1024 {
                state.queue.removeFirst(state.head)
                state.head = 0
            }
            return job
        }
        guard state.stopping else { return nil }
        state.alive -= 1
        condition.broadcast()
        return .some(nil)
    }
}
