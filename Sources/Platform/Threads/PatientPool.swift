import Synchronization

/// A ``WorkerPool`` for system calls that may hang: who waits for a job is told when it takes too long.
///
/// The job itself cannot be stopped; its thread is the pool's again once the call returns, and what it brought is thrown
/// away. While a job is overdue, those that wait behind it are given up too: the same disk would keep them. Threads: any.
public final class PatientPool: Sendable {
    fileprivate typealias Number = UInt64

    fileprivate struct State {
        var next: Number = 0
        /// What to call when the patience is over: of jobs that wait and of jobs that run.
        var giveUp: [Number: @Sendable () -> Void] = [:]
        /// When those that run began.
        var running: [Number: Duration] = [:]
        /// Threads of callers that run a job themselves.
        var lent = 0
        /// The watching thread sleeps until it is signalled.
        var isUnwatched = true
        var isStopping = false
    }

    private let pool: WorkerPool
    private let lentMax: Int
    private let guarded = ConditionMutex(State())

    /// - Parameters:
    ///   - name: of the threads, at most 15 bytes.
    ///   - threads: how many calls may hang before the pool does.
    ///   - queueMax: jobs that may wait, of each urgency.
    ///   - patience: how long a job may run; noticed within a quarter of it more.
    ///   - lentMax: how many callers may run a job themselves at once, and so may hang with it.
    public init(
        name: String, threads: Int, queueMax: Int, patience: Duration, lentMax: Int = 0
    ) {
        self.lentMax = lentMax
        pool = WorkerPool(name: name, threads: threads, queueMax: queueMax)
        startThread(name: name) { [guarded] in Self.watch(guarded, patience) }
    }

    deinit {
        endWatch()
    }

    /// - Parameters:
    ///   - urgent: goes before all that is not.
    ///   - work: runs on a thread of the pool, unless it was given up before.
    ///   - completion: called once: with what `work` returned, on the pool's thread; or with nil when the patience is
    ///     over, on the watching thread, which must not be held up.
    /// - Returns: nil when too many jobs wait or the pool is stopped; neither closure is called then.
    public func submit<Result: Sendable>(
        urgent: Bool, _ work: @escaping @Sendable () -> Result,
        completion: @escaping @Sendable (Result?) -> Void
    ) -> WorkerPool.Ticket? {
        let number = guarded.withLock { state, _ in
            state.add { completion(nil) }
        }
        let ticket = pool.submit(urgent: urgent) { [guarded] in
            guard Self.start(number, guarded) else { return }
            let result = work()
            if Self.end(number, guarded) { completion(result) }
        }
        if let ticket { return ticket }
        // What was given up in between was answered.
        return Self.end(number, guarded) ? nil : .settled
    }

    /// As ``WorkerPool/promote(_:)``.
    public func promote(_ ticket: WorkerPool.Ticket) {
        pool.promote(ticket)
    }

    /// Runs a job at once on the calling thread, which is lent to the pool for it: for a job that takes no longer than
    /// waking a thread would.
    ///
    /// Returns when `work` has, however long that takes; `completion` is called as by ``submit(urgent:_:completion:)``, so who
    /// waits for the result is told in time.
    ///
    /// - Returns: false when `lentMax` threads are lent already or the pool is stopped; neither closure is called then.
    public func runHere<Result: Sendable>(
        _ work: () -> Result, completion: @escaping @Sendable (Result?) -> Void
    ) -> Bool {
        let now = SystemClock().monotonic
        let number = guarded.withLock { state, condition -> Number? in
            guard state.lent < lentMax, !state.isStopping else { return nil }
            state.lent += 1
            let number = state.add { completion(nil) }
            state.begin(number, at: now, condition)
            return number
        }
        guard let number else { return false }
        let result = work()
        let isAwaited = guarded.withLock { state, _ in
            state.lent -= 1
            return state.end(number)
        }
        if isAwaited { completion(result) }
        return true
    }

    /// Lets waiting jobs finish, then ends the threads; returns when those of the pool have ended.
    public func stop() {
        pool.stop()
        endWatch()
    }

    // MARK: - Jobs

    /// - Returns: false when the job was given up.
    private static func start(_ number: Number, _ guarded: ConditionMutex<State>) -> Bool {
        let now = SystemClock().monotonic
        return guarded.withLock { state, condition in
            guard state.giveUp[number] != nil else { return false }
            state.begin(number, at: now, condition)
            return true
        }
    }

    /// - Returns: false when the job was given up.
    private static func end(_ number: Number, _ guarded: ConditionMutex<State>) -> Bool {
        guarded.withLock { state, _ in state.end(number) }
    }

    // MARK: - The watching thread

    private static func watch(_ guarded: ConditionMutex<State>, _ patience: Duration) {
        while true {
            let mayWatch = guarded.wait { state, _ -> Bool? in
                state.isStopping ? false : state.isUnwatched ? nil : true
            }
            guard mayWatch else { return }
            guarded.wait(timeout: patience / 4) { state, _ in state.isStopping ? () : nil }
            let now = SystemClock().monotonic
            let overdue = guarded.withLock { state, _ in state.takeOverdue(now - patience) }
            for giveUp in overdue { giveUp() }
        }
    }

    private func endWatch() {
        guarded.withLock { state, condition in
            state.isStopping = true
            condition.signal()
        }
    }
}

extension PatientPool.State {
    fileprivate mutating func add(_ giveUp: @escaping @Sendable () -> Void) -> PatientPool.Number {
        next += 1
        self.giveUp[next] = giveUp
        return next
    }

    /// - Returns: false when the job was given up.
    fileprivate mutating func end(_ number: PatientPool.Number) -> Bool {
        running[number] = nil
        return giveUp.removeValue(forKey: number) != nil
    }

    fileprivate mutating func begin(
        _ number: PatientPool.Number, at now: Duration,
        _ condition: ConditionMutex<PatientPool.State>.Condition
    ) {
        running[number] = now
        guard isUnwatched else { return }
        isUnwatched = false
        condition.signal()
    }

    /// Those that began before `limit`, and with them all that have not begun.
    fileprivate mutating func takeOverdue(_ limit: Duration) -> [@Sendable () -> Void] {
        isUnwatched = running.isEmpty
        guard running.values.contains(where: { $0 <= limit }) else { return [] }
        let given = giveUp.filter { number, _ in running[number].map { $0 <= limit } ?? true }
        for number in given.keys {
            giveUp[number] = nil
            running[number] = nil
        }
        return Array(given.values)
    }
}
