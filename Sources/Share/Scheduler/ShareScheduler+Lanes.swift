import Model
import Platform

/// The threads that make the calls, and which job each takes next.
extension ShareScheduler {
    func startLane() {
        startThread(name: "share") { [self] in
            while let job = takeJob() {
                let outcome = job.work(job.deadline ?? clock.monotonic)
                if completed(job, outcome.error) { outcome.finish() }
            }
        }
    }

    /// Blocks until there is a job for this lane; nil ends the lane.
    func takeJob() -> Job? {
        guarded.wait { [clock] state, _ -> Job?? in
            // An abandoned job came back and its stand-in is here already: one of them goes.
            if state.stopping || state.threads - state.abandoned.count > state.allLanes {
                state.threads -= 1
                return .some(nil)
            }
            guard var job = Self.next(&state, at: clock.monotonic) else { return nil }
            job.started = clock.monotonic
            if job.deadline == nil { job.deadline = clock.monotonic + state.deadline }
            state.running[job.ticket] = job
            return job
        }
    }

    /// The next job for a lane: what somebody waits for, then what is read ahead, then upkeep.
    ///
    /// Large reads are let through while no more than ``State/bytesAheadMax`` are under way, the small ones always: a
    /// reader who has just moved asks for little, and would else wait behind what others read on the way. The first
    /// large one that finds no room keeps what comes free until there is enough: else those that are smaller, though less
    /// urgent, would take it each time, and a megabyte that somebody waits for came after seconds.
    static func next(_ state: inout State, at now: Duration) -> Job? {
        var ahead = 0
        var verifying = 0
        var bytes = 0
        for job in state.running.values {
            switch job.urgency {
            case .verification: verifying += 1
            case .demand: break
            case .prefetch, .background: ahead += 1
            }
            // One that hangs must not hold the others up.
            if job.hasRun(until: now) < Self.linkPatience { bytes += job.bytes }
        }
        var isRoomTaken = false
        if verifying < state.verificationLanes,
            let first = state.queues[Urgency.verification.rawValue].removeFirst()
        {
            return first
        }
        if state.running.count - verifying >= state.lanes { return nil }
        for urgency in [Urgency.demand, .prefetch, .background] {
            if urgency != .demand,
                ahead >= state.lanes - state.demandLanes || state.isAboutToSleep(at: now)
            {
                return nil
            }
            let place = state.queues[urgency.rawValue].firstIndex { job in
                if job.bytes == 0 || urgency == .demand && job.bytes <= Self.smallBytes {
                    return true
                }
                if isRoomTaken { return false }
                isRoomTaken = bytes > 0 && bytes + job.bytes > state.bytesAheadMax
                return !isRoomTaken
            }
            if let place { return state.queues[urgency.rawValue].remove(at: place) }
        }
        return nil
    }

    /// - Returns: whether the caller still waits (the timer has not answered for us).
    func completed(_ job: Job, _ error: Errno?) -> Bool {
        let now = clock.monotonic
        var lost: Errno?
        let (isWaitedFor, wasUnreachable) = guarded.withLock { state, condition -> (Bool, Bool) in
            var wasUnreachable = false
            if isAnswer(job, error, at: now) {
                wasUnreachable = state.unreachableSince != nil
                state.unreachableSince = nil
                state.isUnreachableForSleep = false
                state.lastAnswer = now
            }
            if let error, Self.isOfTheWay(error) {
                state.isReachInDoubt = !job.isProbe
                if job.isProbe, state.outOfReach == nil {
                    state.outOfReach = OutOfReach(since: now, error: error)
                    if state.unreachableSince == nil { lost = error }
                }
            } else if job.isProbe, error != .again {
                // Nothing else ends it: closing a file succeeds whatever the server does.
                wasUnreachable = wasUnreachable || state.outOfReach != nil
                state.outOfReach = nil
                state.isReachInDoubt = false
            }
            state.lastCompletion = now
            state.completed += 1
            if state.running.removeValue(forKey: job.ticket) != nil {
                // A lane came free: prefetch that was held back for demand's lanes may go now.
                condition.broadcast()
                return (true, wasUnreachable)
            }
            state.abandoned.remove(job.ticket)
            return (false, wasUnreachable)
        }
        if isWaitedFor { count(job, error == nil ? .ok : .error, at: now) }
        if wasUnreachable { log(.warning, "\(name) answers again") }
        if let lost { log(.warning, "\(name) cannot be reached: \(lost.message)") }
        return isWaitedFor
    }

    func count(_ job: Job, _ outcome: ShareMetrics.Outcome, at now: Duration) {
        metrics?.ended(
            job.urgency, outcome, bytes: job.bytes, submitted: job.submitted,
            started: job.started, at: now)
    }

    /// Whether the share itself has spoken. Where nothing hangs, so does what came from its client's memory.
    func isAnswer(_ job: Job, _ error: Errno?, at now: Duration) -> Bool {
        if let error, Self.isOfTheClient(error) { return false }
        return job.isProbe || job.hasRun(until: now) >= Self.memoryTime
    }

    /// Errors that a client of the share gives by itself when its server is silent or out of reach. `EIO` may be the server's own,
    /// which is then taken for no answer either: what else it says will be one.
    static func isOfTheClient(_ error: Errno) -> Bool {
        switch error {
        case .ioError, .timedOut, .notConnected, .connectionAborted, .connectionReset,
            .connectionRefused, .networkDown, .networkUnreachable, .hostDown, .hostUnreachable,
            .interrupted, .again:
            true
        default: false
        }
    }

    /// Errors that say that the server cannot be reached, or that the share is not there any more, where they are true of its root.
    static func isOfTheWay(_ error: Errno) -> Bool {
        error == .stale || isOfTheClient(error) && error != .interrupted && error != .again
    }
}
