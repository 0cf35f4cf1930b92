import Model

/// Decides what of the candidates is asked for: by the machine's other work, the budget, the allowance, and how often each reason has been right.
struct Arbiter: Sendable {
    /// Requests in one plan, and so in flight because of one event.
    static let requestsMax = 64

    /// What has to be so for candidates of a reason to be of use. What holds back a second look at folders need not hold back the next bytes of a film.
    struct Needs: OptionSet, Sendable {
        let rawValue: UInt8

        /// The machine has nothing better to do.
        static let rest = Needs(rawValue: 1)
        /// Bytes may still be fetched ahead.
        static let budget = Needs(rawValue: 2)
        /// Bytes may still be fetched in this second.
        static let allowance = Needs(rawValue: 4)
        /// The reason is not switched off for having been wrong.
        static let trust = Needs(rawValue: 8)
        /// The reason has mostly been right.
        static let fullTrust = Needs(rawValue: 16)
    }

    var windowMax: ByteCount
    var budget: ByteCount
    let planner: WindowPlanner
    /// See ``Foresight/Configuration/thresholds``.
    let thresholds: [ContentType: Double]
    var strategy: StrategyControl
    var ledger = PredictionLedger()
    var governor = Governor()
    var allowance = PrefetchAllowance()
    var activity = ActivityCount()
    var link = LinkState()

    init(_ configuration: Foresight.Configuration) {
        windowMax = configuration.windowMax
        budget = configuration.budget
        planner = WindowPlanner(tuning: StreamTuning(unit: configuration.unit))
        strategy = StrategyControl(fixed: configuration.strategy)
        thresholds = configuration.thresholds
    }

    var tuning: StreamTuning { planner.tuning }

    func allows(_ reason: PrefetchReason, _ needs: Needs) -> Bool {
        if needs.contains(.rest), governor.restraint != nil { return false }
        if needs.contains(.trust), ledger[reason].trust == .off { return false }
        if needs.contains(.fullTrust), ledger[reason].trust != .full { return false }
        if needs.contains(.allowance), allowance.left <= 0 { return false }
        return !needs.contains(.budget) || budgetLeft > 0
    }

    /// Makes a prediction of a candidate, in whole or in shadow.
    mutating func propose(
        _ candidate: Candidate, of files: inout FileTable, at now: Duration,
        _ plan: inout PrefetchPlan
    ) {
        let file = candidate.file
        let due = candidate.due ?? now
        guard !candidate.range.isEmpty, plan.requests.count < Self.requestsMax,
            due - now <= strategy.current.lookahead, isLikelyEnough(candidate)
        else { return }
        let (request, place) = ledger.add(
            files[file].number, candidate.range, confidence: candidate.probability,
            reason: candidate.reason, because: candidate.because, at: now, due: due,
            until: candidate.until, isWatched: candidate.isWatched)
        if files[file].outstanding.count >= files[file].outstandingMax {
            files[file].outstanding.removeAll { !ledger.isOpen($0) }
            files[file].outstandingMax = min(
                PredictionLedger.capacity, max(64, 2 * files[file].outstanding.count))
        }
        files[file].outstanding.append(
            OutstandingPrediction(number: request.number, place: place, range: candidate.range))
        guard !ledger.isShadow(place) else { return }
        allowance.take(Int64(candidate.range.count))
        plan.requests.append(request)
    }

    private func isLikelyEnough(_ candidate: Candidate) -> Bool {
        guard !thresholds.isEmpty, let type = candidate.relatedType, let least = thresholds[type]
        else { return true }
        return candidate.probability >= least
    }

    /// Bytes that may still be fetched ahead.
    var budgetLeft: Int64 { max(0, budget.bytes - ledger.outstanding) }

    /// Bytes ahead of one stream, at most.
    var windowLimit: Int64 {
        let most = min(windowMax.bytes, strategy.current.windowMax.bytes, busyLinkLimit)
        return min(most, max(tuning.firstWindow, budget.bytes / Int64(activity.streams)))
    }

    /// While requests queue and others read too: what would keep the link full if nobody did.
    private var busyLinkLimit: Int64 {
        guard governor.isLinkBusy, activity.streams > 1 else { return .max }
        return planner.linkFloor(
            LinkState(roundTrip: governor.roundTripFloor, bandwidth: link.bandwidth))
    }
}
