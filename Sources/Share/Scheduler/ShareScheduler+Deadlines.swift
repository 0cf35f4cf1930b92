public import Model

import Platform

/// Callers that stop waiting, and how it is found out whether the share is back.
extension ShareScheduler {
    /// One round of the timer. - Returns: false when stopping.
    func watchDeadlines() -> Bool {
        let (goOn, failed) = expire()
        if goOn, failed == 0 {
            // Wakes early only to stop; deadlines are kept to a tenth of a second.
            _ = guarded.wait(timeout: .milliseconds(100)) { state, _ in state.stopping ? () : nil }
        }
        probeIfDue()
        endSleepIfOver()
        return goOn
    }

    /// Fails what is late.
    ///
    /// - Parameters:
    ///   - patience: an operation that runs for so long is late now; nil: those whose deadline has passed.
    ///   - isForSleep: what opens the breaker now may close it again.
    func expire(
        at now: Duration? = nil, patience: Duration? = nil, isForSleep: Bool = false
    ) -> (goOn: Bool, failed: Int) {
        let now = now ?? clock.monotonic
        let isLate = { (job: Job) in
            Self.isLate(job, at: now)
                || patience.map { !job.isProbe && job.hasRun(until: now) >= $0 } ?? false
        }
        var late: [Job] = []
        var lanesToStart = 0
        /// The deadline that passed, when the share became unreachable now.
        var becameUnreachable: Duration?
        let goOn = guarded.withLock { state, _ -> Bool in
            if state.stopping { return false }
            for job in state.running.values where isLate(job) {
                late.append(job)
                state.running[job.ticket] = nil
                state.abandoned.insert(job.ticket)
            }
            let isHanging =
                !late.isEmpty && now - state.lastAnswer >= patience ?? state.deadline
            for index in state.queues.indices {
                let overdue = state.queues[index].removeAll { Self.isLate($0, at: now) }
                late.append(contentsOf: overdue)
            }
            if !late.isEmpty {
                state.timedOut += UInt64(late.count)
                if isHanging, state.unreachableSince == nil {
                    state.unreachableSince = now
                    state.isUnreachableForSleep = isForSleep
                    becameUnreachable = state.deadline
                    // Waiting out the deadline would tell the rest of the queue nothing new.
                    late.append(contentsOf: state.takeAll())
                }
                lanesToStart = max(0, state.threadsWanted(sparesMax: sparesMax) - state.threads)
                state.threads += lanesToStart
            }
            return true
        }
        for _ in 0..<lanesToStart { startLane() }
        if let deadline = becameUnreachable {
            let silence = isForSleep ? Self.sleepPatience : deadline
            log(
                .warning,
                "\(name) has not answered for \(silence.text): serving what is cached, looking for it"
                    + " every second; is the NAS on, and reachable from here?")
        }
        for job in late {
            count(job, .late, at: now)
            job.fail(.timedOut)
        }
        return (goOn, late.count)
    }

    static func isLate(_ job: Job, at now: Duration) -> Bool {
        job.deadline.map { $0 <= now } ?? false
    }

    // MARK: - Probes

    /// What looks whether the share is back: some cheap question, asked once per ``probeInterval`` while it
    /// does not answer.
    public func setProbe(_ probe: @escaping @Sendable () throws(Errno) -> Void) {
        guarded.withLock { state, _ in state.probe = probe }
    }

    /// Any answer of the share closes the breaker, so what the probe found does not matter here.
    ///
    /// - Parameter isAtOnce: whenever it was asked last.
    func probeIfDue(isAtOnce: Bool = false) {
        guard let probe = guarded.withLock({ state, _ in state.probe }),
            takeProbe(isAtOnce: isAtOnce)
        else { return }
        submit(.demand, isProbe: true, probe) { _ in }
    }

    /// Whether a probe is due: the share is away; or something takes long or could not be reached, and nobody knows whether that is true of the
    /// share or of that alone, since what else comes back may come from its client's memory. At most one per interval, and one at a time.
    func takeProbe(isAtOnce: Bool = false) -> Bool {
        let now = clock.monotonic
        return guarded.withLock { state, _ in
            guard isAtOnce || now - state.lastProbe >= Self.probeInterval, !state.stopping,
                state.heldSince == nil
            else { return false }
            let isDoubtful =
                isAtOnce || state.isReachInDoubt
                || state.running.values.contains { $0.hasRun(until: now) >= Self.doubtTime }
            guard state.unreachableSince != nil || state.outOfReach != nil || isDoubtful,
                !state.running.values.contains(where: \.isProbe),
                state.queues[Urgency.demand.rawValue].firstIndex(where: \.isProbe) == nil
            else { return false }
            state.lastProbe = now
            return true
        }
    }

    /// Reads are done by lanes that cannot be frozen.
    func noteMissingReaders(_ reason: Errno) {
        log(
            .warning,
            "\(name): no processes for reading (\(reason.message)); while it hangs, this machine may not be able to"
                + " suspend")
    }
}
