import Model
import Platform

/// A share that is taken for away because somebody wants it so.
extension ShareScheduler {
    /// From now on nothing is asked of the share, not even whether it is there: whoever comes, or waits for a lane, gets `ENETDOWN`. What the share works
    /// on is waited for, unless it has been silent for ``sleepPatience``.
    ///
    /// - Returns: false where it was so already.
    @discardableResult
    public func hold() -> Bool {
        let now = clock.monotonic
        let waiting = guarded.withLock { state, _ -> [Job]? in
            guard state.heldSince == nil else { return nil }
            state.heldSince = now
            return state.takeAll()
        }
        guard let waiting else { return false }
        log(.warning, "\(name) is taken for away by request: serving what is cached")
        for job in waiting { job.fail(.networkDown) }
        _ = expire(at: now, patience: Self.sleepPatience)
        return true
    }

    /// The share is asked again.
    ///
    /// - Returns: false where it was not held.
    @discardableResult
    public func letGo() -> Bool {
        let wasHeld = guarded.withLock { state, condition -> Bool in
            defer { state.heldSince = nil }
            guard state.heldSince != nil else { return false }
            // Whether it answers is found out at once.
            state.lastProbe = clock.monotonic - Self.probeInterval
            condition.broadcast()
            return true
        }
        if wasHeld { log(.warning, "\(name) is asked again, by request") }
        return wasHeld
    }
}
