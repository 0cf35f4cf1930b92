import Model
import Platform

/// A machine that is about to sleep: whoever waits for the share would hold it up.
extension ShareScheduler {
    /// Has nothing begun that nobody waits for, before ``endSleep()`` or ``sleepTime`` later. Then, while something is under
    /// way, asks the share for a sign of life; and does ``prepareForSleep()``.
    ///
    /// - Parameter limit: how long to wait for that sign, or the end of what is under way.
    /// - Returns: all jobs are given up that began at this time (monotonic) or before.
    func beginSleep(answerWithin limit: Duration) -> Duration {
        let begun = clock.monotonic
        guarded.withLock { state, _ in state.sleepBegan = begun }
        if guarded.withLock({ state, _ in !state.isQuiet }) { probeIfDue(isAtOnce: true) }
        let quietSince = guarded.wait(timeout: limit) { [clock] state, _ -> Duration?? in
            // What is given up was begun before it, and what comes next is not.
            if state.isQuiet { return clock.monotonic - .nanoseconds(1) }
            return state.lastAnswer >= begun ? .some(nil) : nil
        }
        let givenUp = prepareForSleep(isSilent: quietSince == nil).since
        return (quietSince ?? nil) ?? givenUp
    }

    /// The machine is about to sleep, which a reader who waits for the share would hold up: he waits for a FUSE file system,
    /// and cannot be frozen. If the share has been silent for ``sleepPatience``, that is all the time it gets, and the breaker
    /// opens, so that nobody comes to wait. A share that answers is not touched.
    ///
    /// - Returns: how many jobs were given up.
    @discardableResult
    public func prepareForSleep() -> Int {
        prepareForSleep(isSilent: false).failed
    }

    /// - Parameter isSilent: it was asked, and said nothing: all that is under way is given up, whenever it began.
    func prepareForSleep(isSilent: Bool) -> (since: Duration, failed: Int) {
        let now = clock.monotonic
        let patience = isSilent ? .zero : Self.sleepPatience
        return (now - patience, expire(at: now, patience: patience, isForSleep: true).failed)
    }

    /// What was kept waiting goes on. That the share was silent before says nothing of it now: who comes has all his time.
    func endSleep() {
        guarded.withLock { state, condition in
            state.sleepBegan = nil
            if state.isUnreachableForSleep {
                state.isUnreachableForSleep = false
                state.unreachableSince = nil
            }
            condition.broadcast()
        }
    }

    /// Where nobody says that the machine is awake.
    func endSleepIfOver() {
        let now = clock.monotonic
        let isOver = guarded.withLock { state, _ in
            state.sleepBegan != nil && !state.isAboutToSleep(at: now)
        }
        if isOver { endSleep() }
    }
}
