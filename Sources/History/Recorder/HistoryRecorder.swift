import Model
public import Platform

/// What the filesystem tells of opens, reads and listings; a thread of its own brings them into the store.
///
/// Threads: any. ``note(_:handle:)`` and ``closed(_:)`` take a lock for less than a microsecond and never wait for a
/// disk. What waits is bounded; beyond that events are dropped and counted. While the store fails, what waits is kept
/// and tried again after pauses that grow (``RetryPause``).
public final class HistoryRecorder: Sendable {
    /// How long the first event waits for others, so that they are written together.
    static let writeInterval = Duration.seconds(1)
    /// From one round of keeping the bounds to the next. The first comes after as long: a machine whose clock starts in
    /// another year has been told the time by then.
    static let trimInterval = Duration.seconds(600)

    private let store: any HistoryStore
    private let bounds: HistoryBounds
    private let clock: any LarderClock
    private let log: Log
    private let guarded: ConditionMutex<RecorderState>

    /// - Parameter exclusions: what is never kept. What the store has of it from before is forgotten, in the background.
    public init(
        store: any HistoryStore, bounds: HistoryBounds = HistoryBounds(),
        exclusions: HistoryExclusions = HistoryExclusions(),
        clock: any LarderClock = SystemClock(), log: Log
    ) {
        self.store = store
        self.bounds = bounds
        self.clock = clock
        self.log = log
        var state = RecorderState()
        state.exclusions = exclusions
        state.mustForgetExcluded = !exclusions.isEmpty
        guarded = ConditionMutex(state)
        startThread(name: "larder-history") { [self] in run() }
    }

    /// - Parameter handle: of a read: those of the same handle that continue each other are stored as one.
    /// - Returns: false for what is excluded, and not kept.
    @discardableResult
    public func note(_ event: HistoryEvent, handle: OpenHandle? = nil) -> Bool {
        let now = clock.monotonic
        return guarded.withLock { state, condition in
            guard state.admits(event) else { return false }
            if state.note(event, handle: handle, now: now) { condition.broadcast() }
            return true
        }
    }

    /// The handle's reads are over.
    public func closed(_ handle: OpenHandle) {
        guarded.withLock { state, _ in state.close(handle) }
    }

    /// The opens of the last hour, oldest first, and how far back they are all of them: less than an hour after very
    /// many.
    public func recentOpens() -> (opens: [HistoryEvent], reachesBack: Duration) {
        let now = clock.monotonic
        return guarded.withLock { state, _ in state.recentOpens(now: now) }
    }

    public var figures: RecorderFigures { guarded.withLock { state, _ in state.figures } }

    public var exclusions: HistoryExclusions { guarded.withLock { state, _ in state.exclusions } }

    /// Forgets in memory and in the store. Blocks for the store's disk.
    ///
    /// - Returns: files and folders that the store forgot.
    @discardableResult
    public func forget(_ selection: HistorySelection) throws(HistoryError) -> Int {
        changeWhileNothingIsWritten { $0.forget(selection) }
        return try store.forget(selection)
    }

    /// Leaves out other files from now on, and forgets what is known of them. Blocks for the store's disk.
    ///
    /// - Throws: when the store could not forget; it is asked again until it does.
    public func setExclusions(_ exclusions: HistoryExclusions) throws(HistoryError) {
        changeWhileNothingIsWritten { state in
            state.exclusions = exclusions
            state.mustForgetExcluded = !exclusions.isEmpty
            state.forget(.excluded(exclusions))
        }
        guard !exclusions.isEmpty else { return }
        try store.forget(.excluded(exclusions))
        guarded.withLock { state, _ in
            if state.exclusions == exclusions { state.mustForgetExcluded = false }
        }
    }

    /// A batch that is on its way would bring back what is to be forgotten.
    private func changeWhileNothingIsWritten(_ body: (inout RecorderState) -> Void) {
        guarded.wait { state, _ -> Void? in
            guard !state.isWriting else { return nil }
            return body(&state)
        }
    }

    /// Returns when everything noted so far is in the store, or the attempt has failed.
    public func flush() {
        let mine = guarded.withLock { state, condition in
            state.flushAsked += 1
            condition.broadcast()
            return state.flushAsked
        }
        guarded.wait { state, _ in state.flushDone >= mine || state.hasEnded ? () : nil }
    }

    /// Writes what waits and ends the thread. The store stays open.
    ///
    /// - Returns: whether everything is in the store; false also when the thread has not ended within `patience`, which it
    ///   does by itself later.
    @discardableResult
    public func stop(patience: Duration) -> Bool {
        guarded.withLock { state, condition in
            state.isStopping = true
            condition.broadcast()
        }
        let isDone = guarded.wait(timeout: patience) { state, _ -> Bool? in
            state.hasEnded ? !state.hasWork : nil
        }
        return isDone ?? false
    }

    // MARK: - The thread

    /// What the thread remembers from one round to the next.
    private struct Round {
        var pause = RetryPause()
        var forgetPause = RetryPause()
        var trimAt: Duration
        var hasMoreToTrim = false
    }

    private func run() {
        var round = Round(trimAt: clock.monotonic + Self.trimInterval)
        while true {
            waitForWork(round)
            let isLast = write(&round)
            if isLast { break }
        }
        guarded.withLock { state, condition in
            state.hasEnded = true
            condition.broadcast()
        }
    }

    private func waitForWork(_ round: Round) {
        guard !round.hasMoreToTrim else { return }
        _ = guarded.wait(timeout: Self.trimInterval) { state, _ -> Void? in
            state.isUrgent || state.hasWork || state.mustForgetExcluded ? () : nil
        }
        // A store that fails is not asked before its pause is over, but by who flushes or stops.
        let pause = round.pause.until.map { $0 - clock.monotonic } ?? .zero
        _ = guarded.wait(timeout: max(Self.writeInterval, pause)) { state, _ -> Void? in
            state.isUrgent ? () : nil
        }
    }

    /// - Returns: whether that was the last round.
    private func write(_ round: inout Round) -> Bool {
        let now = clock.monotonic
        let pause = round.pause
        let (events, flush, isLast, excluded, mayTry) = guarded.withLock { state, _ in
            let flush = state.flushAsked
            let isAsked = flush > state.flushDone || state.isStopping
            let mayTry = isAsked || pause.mayTry(now: now)
            let events = state.take(all: isAsked, now: now)
            state.isWriting = mayTry
            let excluded = state.mustForgetExcluded ? state.exclusions : nil
            return (events, flush, state.isStopping, excluded, mayTry)
        }
        var failure: HistoryError?
        if mayTry {
            do throws(HistoryError) {
                try store.append(events)
                round.pause.succeeded()
            } catch {
                failure = error
                round.pause.failed(now: now)
            }
        }
        guarded.withLock { state, condition in
            state.settle(failure, attempted: mayTry)
            state.isWriting = false
            condition.broadcast()
        }
        if let failure {
            tell(failure)
        } else if mayTry {
            forgetExcluded(excluded, &round, now: now)
            trim(&round, now: now)
        }
        guarded.withLock { state, condition in
            state.flushDone = max(state.flushDone, flush)
            condition.broadcast()
        }
        return isLast
    }

    private func forgetExcluded(
        _ exclusions: HistoryExclusions?, _ round: inout Round, now: Duration
    ) {
        guard let exclusions, round.forgetPause.mayTry(now: now) else { return }
        do throws(HistoryError) {
            try store.forget(.excluded(exclusions))
            round.forgetPause.succeeded()
            guarded.withLock { state, _ in
                if state.exclusions == exclusions { state.mustForgetExcluded = false }
            }
        } catch {
            round.forgetPause.failed(now: now)
            log(.warning, "cannot forget what is excluded from the history yet: \(error)")
        }
    }

    /// One step; what is noted meanwhile is written before the next.
    private func trim(_ round: inout Round, now: Duration) {
        guard round.hasMoreToTrim || now >= round.trimAt else { return }
        let wall = clock.wall
        let before = Timestamp(seconds: wall.seconds - bounds.ageMax.components.seconds)
        do throws(HistoryError) {
            round.hasMoreToTrim = try store.trim(before: before, bytesMax: bounds.bytesMax)
        } catch {
            round.hasMoreToTrim = false
            log(.warning, "cannot make the history smaller: \(error)")
        }
        if !round.hasMoreToTrim { round.trimAt = now + Self.trimInterval }
    }

    private func tell(_ failure: HistoryError) {
        let figures = figures
        log(
            .warning,
            "cannot write the history: \(failure); \(figures.waiting) records wait, "
                + "\(figures.dropped) were dropped so far")
    }
}
