import Habits

/// The last ``capacity`` predictions and the account of each reason over them.
///
/// A ring: a prediction's number tells its place, and what leaves the ring leaves the sums.
struct PredictionLedger: Sendable {
    static let capacity = 1000
    /// What nobody has read for so long, after the time at which it was expected, will not be read because it was predicted.
    static let patience = Duration.seconds(300)

    private var ring: [Prediction] = []
    private var newest: UInt64 = 0
    private var scores = [ReasonScore](
        repeating: ReasonScore(), count: PrefetchReason.allCases.count)
    /// Bytes fetched or being fetched that nobody has read yet.
    private(set) var outstanding: Int64 = 0
    /// Exponentially weighted: bytes used of predictions, bytes that readers waited for, bytes issued.
    private(set) var covered = 0.0
    private(set) var missed = 0.0
    private(set) var fetched = 0.0

    subscript(reason: PrefetchReason) -> ReasonScore {
        get { scores[reason.place] }
        _modify { yield &scores[reason.place] }
    }

    /// - Returns: its request, and its place in the ring.
    mutating func add(
        _ file: FileNumber, _ range: Range<Int64>, confidence: Double, reason: PrefetchReason,
        because: Prediction.Because, at now: Duration, due: Duration, until: Duration? = nil,
        isWatched: Bool = false
    ) -> (request: PrefetchRequest, place: Int) {
        newest += 1
        let request = PrefetchRequest(
            number: PredictionNumber(newest), file: file, range: range, confidence: confidence,
            reason: reason, due: due, pace: because.rate ?? 0)
        var prediction = Prediction(request: request, because: because, at: now)
        prediction.until = max(now, until ?? now)
        if isWatched || self[reason].trust == .off { prediction.state = .shadow }
        let place = place(of: newest)
        if ring.count < Self.capacity {
            if ring.isEmpty { ring.reserveCapacity(Self.capacity) }
            ring.append(prediction)
        } else {
            retire(place)
            ring[place] = prediction
        }
        self[reason].predictions += 1
        return (request, place)
    }

    private func place(of number: UInt64) -> Int { Int((number - 1) % UInt64(Self.capacity)) }

    private func find(_ number: PredictionNumber) -> Int? {
        guard number.value > 0 else { return nil }
        let place = place(of: number.value)
        return place < ring.count && ring[place].request.number == number ? place : nil
    }

    func isShadow(_ place: Int) -> Bool { ring[place].state == .shadow }

    /// Whether a prediction may still be used.
    func isOpen(_ known: OutstandingPrediction) -> Bool {
        ring[known.place].request.number == known.number && ring[known.place].isOpen
    }

    func request(at place: Int) -> PrefetchRequest { ring[place].request }

    // MARK: - Outcomes

    /// - Returns: bytes of the request that did not have to be fetched.
    @discardableResult
    mutating func issued(_ number: PredictionNumber, bytes: Int64) -> Int64 {
        guard let place = find(number), ring[place].state == .waiting else { return 0 }
        let reason = ring[place].request.reason
        let asked = Int64(ring[place].request.range.count)
        guard bytes > 0 else {
            ring[place].state = .present
            self[reason].predictions -= 1
            return asked
        }
        ring[place].state = .inFlight
        ring[place].issued = bytes
        self[reason].issued += bytes
        self[reason].inFlight += bytes
        // What was read before we were told is used already.
        let used = ring[place].bytes(ring[place].used)
        self[reason].usedLate += used
        outstanding += bytes - used
        fade()
        fetched += Double(bytes)
        covered += Double(used)
        return max(0, asked - bytes)
    }

    mutating func arrived(_ number: PredictionNumber) {
        guard let place = find(number), ring[place].state == .inFlight else { return }
        ring[place].state = .ready
        self[ring[place].request.reason].inFlight -= ring[place].issued
        settleIfSpent(place)
    }

    /// The prediction at `place` and what a read touches of it.
    mutating func used(_ place: Int, _ range: Range<Int64>) {
        let fresh = ring[place].slices(of: range) & ~ring[place].used & ~ring[place].lost
        guard fresh != 0 else { return }
        ring[place].used |= fresh
        let reason = ring[place].request.reason
        let bytes = ring[place].bytes(fresh)
        switch ring[place].state {
        case .ready:
            self[reason].usedInTime += bytes
        case .inFlight:
            ring[place].late |= fresh
            self[reason].usedLate += bytes
        case .waiting:
            ring[place].late |= fresh
        case .shadow, .settled, .present, .cancelled: break
        }
        outstanding -= bytes
        fade()
        covered += Double(bytes)
        settleIfSpent(place)
    }

    /// A read had to wait for these bytes, and nothing had predicted them.
    mutating func missed(_ bytes: Int64) {
        fade()
        missed += Double(bytes)
    }

    /// The last few hundred events count.
    private mutating func fade() {
        covered *= 0.998
        missed *= 0.998
        fetched *= 0.998
    }

    /// Bytes of the prediction at `place` left memory unread.
    mutating func evicted(_ place: Int, _ range: Range<Int64>) {
        guard ring[place].state == .ready || ring[place].state == .inFlight else { return }
        let gone =
            ring[place].slices(of: range, whole: true) & ~ring[place].used & ~ring[place].lost
        ring[place].lost |= gone
        let bytes = ring[place].bytes(gone)
        self[ring[place].request.reason].unused += bytes
        outstanding -= bytes
        settleIfSpent(place)
    }

    mutating func cancel(_ place: Int) {
        guard ring[place].isOpen else { return }
        let reason = ring[place].request.reason
        switch ring[place].state {
        case .inFlight:
            // What has come of it by now nobody knows; it is not counted as waste.
            let left = ring[place].bytes(~(ring[place].used | ring[place].lost))
            self[reason].inFlight -= ring[place].issued
            self[reason].issued -= left
            outstanding -= left
            ring[place].issued -= left
            ring[place].state = .cancelled
        case .ready: settle(place)
        case .shadow: settle(place)
        default: ring[place].state = .cancelled
        }
    }

    private mutating func settleIfSpent(_ place: Int) {
        if ring[place].used | ring[place].lost == .max, ring[place].state != .inFlight {
            settle(place)
        }
    }

    private mutating func settle(_ place: Int) {
        let reason = ring[place].request.reason
        switch ring[place].state {
        case .shadow:
            ring[place].state = .settled
            self[reason].recent.note(right: ring[place].used != 0)
            self[reason].noteShadow(used: Double(ring[place].used.nonzeroBitCount) / 64)
        case .ready, .inFlight:
            if ring[place].state == .inFlight { self[reason].inFlight -= ring[place].issued }
            let left = ring[place].bytes(~(ring[place].used | ring[place].lost))
            ring[place].state = .settled
            self[reason].unused += left
            outstanding -= left
            ring[place].lost |= ~ring[place].used
            self[reason].ended += 1
            if ring[place].used != 0 { self[reason].endedUseful += 1 }
            self[reason].recent.note(right: ring[place].used != 0)
            self[reason].judge()
        default: ring[place].state = .settled
        }
    }

    /// The oldest makes room: what it counted is taken back.
    private mutating func retire(_ place: Int) {
        if ring[place].isOpen { settle(place) }
        let old = ring[place]
        guard old.issued > 0, old.state == .settled else { return }
        let reason = old.request.reason
        let late = old.bytes(old.late)
        self[reason].predictions = max(0, self[reason].predictions - 1)
        self[reason].issued = max(0, self[reason].issued - old.issued)
        self[reason].usedLate = max(0, self[reason].usedLate - late)
        self[reason].usedInTime = max(0, self[reason].usedInTime - (old.bytes(old.used) - late))
        self[reason].unused = max(0, self[reason].unused - old.bytes(old.lost & ~old.used))
        self[reason].ended = max(0, self[reason].ended - 1)
        if old.used != 0 { self[reason].endedUseful = max(0, self[reason].endedUseful - 1) }
    }

    /// Settles what has waited too long. Cheap: looks at the next few of the ring at each call.
    mutating func age(at now: Duration) {
        guard !ring.isEmpty else { return }
        sweepHand = (sweepHand + 1) % ring.count
        if ring[sweepHand].isOpen, now - ring[sweepHand].until > Self.patience { settle(sweepHand) }
    }

    private var sweepHand = 0

    // MARK: - Reports

    /// Newest first.
    func predictions(of file: FileNumber, max: Int) -> [Prediction] {
        ring.filter { $0.request.file == file }
            .sorted { $0.request.number.value > $1.request.number.value }
            .prefix(max).map { $0 }
    }

    func report() -> [ScoreReport] {
        let wanted = covered + missed
        let bytesWanted = scores.reduce(Int64(0)) { $0 + $1.usedInTime + $1.usedLate }
        return PrefetchReason.allCases.compactMap { reason in
            let score = self[reason]
            guard score.predictions > 0 || score.trust == .off else { return nil }
            let used = score.usedInTime + score.usedLate
            // The share of all that was wanted in the window which this reason brought.
            let recall =
                bytesWanted > 0 && wanted > 0
                ? Double(used) / Double(bytesWanted) * covered / wanted : nil
            return ScoreReport(
                reason: reason, predictions: score.predictions, issued: score.issued,
                usedInTime: score.usedInTime, usedLate: score.usedLate, unused: score.unused,
                inFlight: score.inFlight, accuracy: score.accuracy, precision: score.precision,
                recall: recall, trust: score.trust.rawValue)
        }
    }

    /// Of all reasons together; nil while nothing has ended.
    var accuracy: Double? {
        let used = scores.reduce(Int64(0)) { $0 + $1.usedInTime + $1.usedLate }
        let unused = scores.reduce(Int64(0)) { $0 + $1.unused }
        return used + unused > 0 ? Double(used) / Double(used + unused) : nil
    }

    var coverage: Double { covered + missed > 0 ? covered / (covered + missed) : 0 }

    /// Bytes from the share over bytes wanted from it; 1 without prefetching.
    var trafficRatio: Double {
        covered + missed > 0 ? max(1, (missed + fetched) / (missed + covered)) : 1
    }
}

extension PrefetchReason {
    /// Index among all.
    var place: Int {
        switch self {
        case .sequential: 0
        case .backward: 1
        case .strided: 2
        case .container: 3
        case .sweep: 4
        case .series: 5
        case .sidecar: 6
        case .correlated: 7
        }
    }
}
