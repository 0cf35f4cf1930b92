import Glibc
import Synchronization

/// A fixed number of threads that run jobs, urgent ones first, else in order of arrival. Bounded:
/// ``submit(urgent:_:)`` says when it is full.
///
/// Jobs run outside of every lock and may block. Larder uses threads and not Swift's cooperative pool
/// because its jobs are system calls that can hang for as long as a disk or a NAS does.
public final class WorkerPool: Sendable {
    /// A job that waits, to be told apart from the others.
    public struct Ticket: Hashable, Sendable {
        /// Among those that are not urgent; 0 for one that cannot be promoted.
        fileprivate var number: UInt64 = 0

        /// Of a job that is urgent or has run already.
        public static let settled = Ticket()
    }

    private typealias Job = @Sendable () -> Void

    private struct State {
        var urgent = JobQueue()
        var normal = JobQueue()
        var stopping = false
        var alive = 0
    }

    /// First in, first out; what has run is forgotten at a cost that is spread over many jobs.
    private struct JobQueue {
        /// nil where a job was taken.
        private var jobs: [Job?] = []
        private var head = 0
        private var firstNumber: UInt64 = 1
        private(set) var count = 0

        /// - Returns: its number; they follow each other.
        mutating func append(_ job: @escaping Job) -> UInt64 {
            jobs.append(job)
            count += 1
            return firstNumber + UInt64(jobs.count - 1)
        }

        mutating func popFirst() -> Job? {
            while head < jobs.count {
                let job = take(firstNumber + UInt64(head))
                head += 1
                if head == jobs.count || head >= 1024 {
                    jobs.removeFirst(head)
                    firstNumber += UInt64(head)
                    head = 0
                }
                if let job { return job }
            }
            return nil
        }

        /// - Returns: nil when it was taken before.
        mutating func take(_ number: UInt64) -> Job? {
            guard number >= firstNumber, number - firstNumber < UInt64(jobs.count) else {
                return nil
            }
            let place = Int(number - firstNumber)
            guard let job = jobs[place] else { return nil }
            jobs[place] = nil
            count -= 1
            return job
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
    /// - Returns: nil when `queueMax` jobs wait already or the pool is stopped; the job is not taken then.
    public func submit(urgent: Bool = false, _ job: @escaping @Sendable () -> Void) -> Ticket? {
        guarded.withLock { state, condition in
            guard !state.stopping, (urgent ? state.urgent : state.normal).count < queueMax else {
                return nil
            }
            var ticket = Ticket.settled
            if urgent {
                _ = state.urgent.append(job)
            } else {
                ticket.number = state.normal.append(job)
            }
            condition.signal()
            return ticket
        }
    }

    /// Somebody waits for this job by now: it goes behind those that are urgent already. Nothing happens to one that runs or
    /// has run.
    public func promote(_ ticket: Ticket) {
        guarded.withLock { state, _ in
            // Taken already, so within the bound of all that waits.
            if let job = state.normal.take(ticket.number) { _ = state.urgent.append(job) }
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
