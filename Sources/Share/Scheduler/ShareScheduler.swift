public import Model
public import Platform

import Synchronization

/// Runs every operation on the share: a bounded number of lanes (threads), demand before prefetch, and a
/// deadline for each caller.
///
/// The mechanism. Jobs wait in one queue per ``Urgency``. A free lane takes demand first, then prefetch, then
/// background work; the latter two together never occupy the last ``demandLanes`` lanes, so a demand read
/// finds a lane free however much is being read ahead. What looks after a read whether the file is still the same has
/// ``verificationLanes`` beside these: it takes a round trip and no bandwidth, and bytes that are here wait for it. A timer thread watches deadlines: a job that does not
/// return in time is *abandoned*: its caller gets `ETIMEDOUT` now, its thread is left to the kernel, and a
/// spare thread takes over the lane, up to ``sparesMax``. When the share has answered nothing else for as long
/// either, the circuit breaker opens: until the share answers again, jobs fail at once instead of costing each caller a deadline, and one probe at a time
/// looks whether it is back. An answer is what came from the share: not an error that its client on this machine makes up when it has waited long enough
/// (a soft NFS mount's `EIO`), and not what that client remembers.
public final class ShareScheduler: Sendable {
    public enum Urgency: Int, Sendable, CaseIterable {
        /// Bytes that have come wait for it.
        case verification
        /// Somebody waits for it now.
        case demand
        /// Expected to be needed soon.
        case prefetch
        /// Revalidation and other upkeep.
        case background
    }

    /// Which job, for ``promote(_:)``.
    public struct Ticket: Hashable, Sendable {
        fileprivate let number: UInt64
    }

    public struct Statistics: Sendable, Hashable {
        public var running = 0
        public var waiting = 0
        public var abandoned = 0
        public var completed: UInt64 = 0
        public var timedOut: UInt64 = 0
        public var refused: UInt64 = 0
        /// When the share stopped answering (monotonic), or nil while it answers.
        public var unreachableSince: Duration?
        public var outOfReach: OutOfReach?
        /// Since when somebody wants it to be taken for away (monotonic), or nil.
        public var heldSince: Duration?
    }

    /// The share's client says by itself, and at once, that it cannot reach its server, or the server that there is no such share: nothing
    /// hangs, and each caller gets that error.
    public struct OutOfReach: Sendable, Hashable {
        /// Monotonic.
        public var since: Duration
        public var error: Errno
    }

    struct Job: Sendable {
        var ticket: Ticket
        var urgency: Urgency
        /// Bytes that it moves; 0 for questions about names and attributes.
        var bytes: Int
        var isProbe: Bool
        /// Prefetches are taken in this order.
        var due: Duration
        var submitted: Duration
        /// When it got a lane; nil until then.
        var started: Duration?
        /// When the caller stops waiting. Nobody waits for what is done ahead: it has all the time in the queue,
        /// and from when it is started as much as anybody.
        var deadline: Duration?
        /// Runs on a lane; returns what is to be called outside of all locks, unless the job was abandoned.
        /// It is given its deadline.
        var work: @Sendable (Duration) -> Outcome
        var fail: @Sendable (Errno) -> Void

        /// How long it has been on its lane.
        func hasRun(until now: Duration) -> Duration { started.map { now - $0 } ?? .zero }
    }

    struct Outcome: Sendable {
        /// nil where it succeeded.
        var error: Errno?
        var finish: @Sendable () -> Void
    }

    struct State {
        var queues = Urgency.allCases.map { _ in Line() }
        /// Jobs on a lane by ticket; taken out by whoever finishes them first: lane or timer.
        var running: [Ticket: Job] = [:]
        /// Tickets whose callers were told `ETIMEDOUT`, while their threads are still in the kernel.
        var abandoned: Set<Ticket> = []
        var threads = 0
        var nextTicket: UInt64 = 1
        var unreachableSince: Duration?
        /// What the probe was told; kept until another is told something else.
        var outOfReach: OutOfReach?
        /// Somebody was told so, and the probe not yet: it may be about one file.
        var isReachInDoubt = false
        var lastProbe = Duration.zero
        /// When the share answered last: what hangs while others return is not the share as a whole.
        var lastAnswer = Duration.zero
        var lastCompletion = Duration.zero
        /// When somebody last wanted something, or something was fetched for him ahead.
        var lastUse: Duration?
        var completed: UInt64 = 0
        var timedOut: UInt64 = 0
        var refused: UInt64 = 0
        var stopping = false
        /// Since when the machine is about to sleep (monotonic); nil once it was told that it is awake.
        var sleepBegan: Duration?
        /// Somebody wants it to be taken for away since then (monotonic).
        var heldSince: Duration?
        /// The breaker opened for nothing else.
        var isUnreachableForSleep = false
        /// Bytes of large reads under way, at most; one is always let through.
        var bytesAheadMax = Int.max
        var probe: (@Sendable () throws(Errno) -> Void)?
        /// Operations in flight at most, and how long a caller waits; see ``configure(lanes:deadline:)``.
        var lanes: Int
        var deadline: Duration

        /// Nothing but probes is under way, and nothing waits that somebody waits for.
        var isQuiet: Bool {
            running.values.allSatisfy(\.isProbe)
                && queues[Urgency.demand.rawValue].firstIndex { !$0.isProbe } == nil
        }
        var demandLanes: Int { max(1, lanes / 8) }
        /// What whoever comes now is told; nil where he may ask.
        var refusal: Errno? {
            heldSince != nil ? .networkDown : unreachableSince != nil ? .timedOut : nil
        }
        var verificationLanes: Int { max(2, lanes / 2) }
        var allLanes: Int { lanes + verificationLanes }

        /// Whether what nobody waits for waits for the end of the machine's sleep.
        func isAboutToSleep(at now: Duration) -> Bool {
            sleepBegan.map { now - $0 < ShareScheduler.sleepTime } ?? false
        }

        /// All that waits.
        mutating func takeAll() -> [Job] {
            queues.indices.flatMap { queues[$0].removeAll { _ in true } }
        }

        /// One per lane, and some in place of those that hang.
        func threadsWanted(sparesMax: Int) -> Int { allLanes + min(abandoned.count, sparesMax) }
    }

    public var lanes: Int { guarded.withLock { state, _ in state.lanes } }
    /// Lanes that only demand may use.
    public var demandLanes: Int { guarded.withLock { state, _ in state.demandLanes } }
    /// Lanes for nothing but verification, beside ``lanes``.
    public var verificationLanes: Int { guarded.withLock { state, _ in state.verificationLanes } }
    /// Threads beyond the lanes that stand in for abandoned ones.
    public let sparesMax = 16
    /// Jobs that may wait, of those that nobody waits for: each urgency.
    public let queueMax = 4096
    /// Jobs that somebody waits for. Each is a thread that is in a call of the view, so there are as many as the machine
    /// has threads that do nothing else; what they hold is bounded by who submits.
    public let demandQueueMax = 32_768
    /// Reads that are never held back because large ones are under way.
    static let smallBytes = 128 << 10
    /// A read that is under way for so long is not counted as occupying the link.
    static let linkPatience = Duration.seconds(1)
    /// How long the share may be silent when the machine is about to sleep.
    public static let sleepPatience = Duration.seconds(1)
    /// How long nothing is done ahead where nobody says that the machine is awake again. Time in which it sleeps does not
    /// count; the kernel tries for twenty seconds.
    static let sleepTime = Duration.seconds(30)
    /// While the share is unreachable, or may be: time between probes.
    public static let probeInterval = Duration.seconds(1)
    /// What takes less may have come from the memory of the share's client; what comes over a network takes longer.
    static let memoryTime = Duration.microseconds(500)
    /// An operation that runs for so long makes it doubtful whether the share answers.
    static let doubtTime = Duration.milliseconds(500)

    let clock: any LarderClock
    let log: Log
    let metrics: ShareMetrics?
    /// For messages.
    let name: String
    let guarded: ConditionMutex<State>

    /// - Parameters:
    ///   - lanes: operations in flight at most; 8 to 16 fill a gigabit with an 8 ms round trip.
    ///   - deadline: time a caller waits at most, from submission.
    ///   - sharePath: for messages only.
    public init(
        lanes: Int, deadline: Duration, clock: any LarderClock, log: Log, sharePath: String = "",
        metrics: ShareMetrics? = nil
    ) {
        var state = State(lanes: max(2, lanes), deadline: deadline)
        state.threads = state.allLanes
        guarded = ConditionMutex(state)
        self.clock = clock
        self.log = log
        self.metrics = metrics
        name = sharePath.isEmpty ? "the share" : "the share \(sharePath)"
        for _ in 0..<state.allLanes { startLane() }
        startThread(name: "share-timer") { [weak self] in
            while let self, self.watchDeadlines() {}
        }
    }

    /// Sets other bounds. Jobs under way and those that wait keep the deadline that they have; lanes that are too many
    /// end when their job is done.
    public func configure(lanes: Int, deadline: Duration) {
        let lanes = max(2, lanes)
        let lanesToStart = guarded.withLock { state, condition -> Int in
            guard !state.stopping else { return 0 }
            state.deadline = deadline
            state.lanes = lanes
            let missing = max(0, state.threadsWanted(sparesMax: sparesMax) - state.threads)
            state.threads += missing
            // For the lanes that shall end, and those that may take what was held back.
            condition.broadcast()
            return missing
        }
        for _ in 0..<lanesToStart { startLane() }
    }

    /// For a share that is not there from the start: the breaker is open until the probe finds it.
    func beginUnreachable() {
        let now = clock.monotonic
        guarded.withLock { state, _ in state.unreachableSince = now }
    }

    /// Queues `work` and calls `completion` exactly once, on a lane or on the timer thread.
    ///
    /// - Parameters:
    ///   - bytes: how much it will move; bounds what is read ahead at once, see ``setBytesAhead(max:)``.
    ///   - due: when it is expected to be needed (monotonic); orders the prefetch queue.
    ///   - isProbe: goes through even while the breaker is open.
    ///   - work: blocking calls on the share. Runs at most once, perhaps after the caller was told
    ///     `ETIMEDOUT`; whatever it fills must be its own.
    /// - Returns: a ticket for ``promote(_:)``; nil when refused (completion got `ETIMEDOUT` while the share is
    ///   unreachable and when ``demandQueueMax`` jobs wait, `ENETDOWN` while it is held (``hold()``), `EAGAIN` when nobody waits for it and the queue is full,
    ///   `ECANCELED` after ``stop()``).
    @discardableResult
    public func submit<Value: Sendable>(
        _ urgency: Urgency, bytes: Int = 0, due: Duration = .zero, isProbe: Bool = false,
        _ work: @escaping @Sendable () throws(Errno) -> Value,
        completion: @escaping @Sendable (Result<Value, Errno>) -> Void
    ) -> Ticket? {
        submit(urgency, bytes: bytes, due: due, isProbe: isProbe, deadline: nil, work) {
            result, _ in completion(result)
        }
    }

    /// As ``submit(_:bytes:due:isProbe:_:completion:)``, for what is done in several steps, all of which together have one deadline.
    ///
    /// - Parameters:
    ///   - deadline: when the caller stops waiting (monotonic); nil: as for whoever comes now.
    ///   - completion: gets it too, for the next step.
    @discardableResult
    func submit<Value: Sendable>(
        _ urgency: Urgency, bytes: Int = 0, due: Duration = .zero, isProbe: Bool = false,
        deadline: Duration?, _ work: @escaping @Sendable () throws(Errno) -> Value,
        completion: @escaping @Sendable (Result<Value, Errno>, Duration) -> Void
    ) -> Ticket? {
        let now = clock.monotonic
        let outcome = guarded.withLock { state, condition -> Result<Ticket, Errno> in
            if state.stopping { return .failure(.canceled) }
            if urgency != .background, !isProbe { state.lastUse = now }
            if let refusal = state.refusal, !isProbe || state.heldSince != nil {
                state.refused += 1
                return .failure(refusal)
            }
            // Somebody may wait for what is to be verified, too.
            let isDemand = urgency == .demand || urgency == .verification
            guard state.queues[urgency.rawValue].count < (isDemand ? demandQueueMax : queueMax)
            else {
                state.refused += 1
                return .failure(isDemand ? .timedOut : .again)
            }
            let ticket = Ticket(number: state.nextTicket)
            state.nextTicket += 1
            // Behind all that is due as early: they mostly come in order.
            let place =
                urgency == .prefetch
                ? (state.queues[urgency.rawValue].lastIndex { $0.due <= due } ?? -1) + 1
                : state.queues[urgency.rawValue].count
            state.queues[urgency.rawValue].insert(
                Job(
                    ticket: ticket, urgency: urgency, bytes: bytes, isProbe: isProbe, due: due,
                    submitted: now,
                    deadline: deadline ?? (isDemand ? now + state.deadline : nil),
                    work: { deadline in
                        let result: Result<Value, Errno>
                        do throws(Errno) {
                            result = .success(try work())
                        } catch {
                            result = .failure(error)
                        }
                        var error: Errno?
                        if case .failure(let found) = result { error = found }
                        return Outcome(error: error) { completion(result, deadline) }
                    },
                    fail: { completion(.failure($0), now) }), at: place)
            condition.broadcast()
            return .success(ticket)
        }
        switch outcome {
        case .success(let ticket): return ticket
        case .failure(let errno):
            completion(.failure(errno), now)
            return nil
        }
    }

    /// A demand read found that it waits for this prefetch: moves it to the end of the demand queue.
    public func promote(_ ticket: Ticket) {
        let now = clock.monotonic
        guarded.withLock { state, condition in
            for urgency in [Urgency.prefetch, .background] {
                guard
                    let at = state.queues[urgency.rawValue].firstIndex(where: {
                        $0.ticket == ticket
                    })
                else { continue }
                guard var job = state.queues[urgency.rawValue].remove(at: at) else { return }
                job.urgency = .demand
                job.deadline = now + state.deadline
                state.queues[Urgency.demand.rawValue].append(job)
                condition.broadcast()
                return
            }
        }
    }

    /// Bounds the bytes of large reads under way at once: what is under way when a reader comes is what he waits for.
    public func setBytesAhead(max: Int) {
        guarded.withLock { state, condition in
            guard state.bytesAheadMax != max else { return }
            state.bytesAheadMax = max
            condition.broadcast()
        }
    }

    /// Takes a job back that has not started; its completion gets `ECANCELED`.
    public func cancel(_ ticket: Ticket) {
        let job = guarded.withLock { state, _ -> Job? in
            for index in state.queues.indices {
                if let at = state.queues[index].firstIndex(where: { $0.ticket == ticket }) {
                    return state.queues[index].remove(at: at)
                }
            }
            return nil
        }
        job?.fail(.canceled)
    }

    /// Whether new work is taken: nothing is known to hang.
    public var isReachable: Bool { refusal == nil }

    /// What whoever asks now is told at once; nil where work is taken.
    public var refusal: Errno? { guarded.withLock { state, _ in state.refusal } }

    /// When an operation came back last (monotonic), whatever it said; zero before the first.
    public var lastCompletion: Duration { guarded.withLock { state, _ in state.lastCompletion } }

    /// When it was asked last for what is not upkeep (monotonic); nil before the first time.
    public var lastUse: Duration? { guarded.withLock { state, _ in state.lastUse } }

    public var statistics: Statistics {
        guarded.withLock { state, _ in
            Statistics(
                running: state.running.count, waiting: state.queues.reduce(0) { $0 + $1.count },
                abandoned: state.abandoned.count, completed: state.completed,
                timedOut: state.timedOut, refused: state.refused,
                unreachableSince: state.unreachableSince, outOfReach: state.outOfReach,
                heldSince: state.heldSince)
        }
    }

    /// Refuses new jobs and fails the waiting ones with `ECANCELED`. Running ones are not waited for: they
    /// may hang for as long as the share does.
    public func stop() {
        let waiting = guarded.withLock { state, condition -> [Job] in
            state.stopping = true
            condition.broadcast()
            return state.takeAll()
        }
        for job in waiting { job.fail(.canceled) }
    }
}
