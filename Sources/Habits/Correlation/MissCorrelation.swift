/// What will be missed next, from what was missed after the same misses before.
///
/// A rule says that one key follows another. Its antecedent is a key together with its surroundings: the same chunk is read in several
/// connections, and what follows it depends on which of them it is. So no counts are kept. The latest misses are
/// kept in their order (``MissHistory``), and when a key is missed, its last few occurrences there are held against now: an
/// occurrence *agrees* by as many misses as are both among the ``Settings/window`` before it and among the same number before now.
/// What came within ``Settings/reach`` misses after an occurrence is a candidate, and gets the occurrence's agreement as support.
/// A candidate is expected when its support is at least ``Settings/supportMin`` and at least ``Settings/confidenceMin`` of what all
/// occurrences together could have given it. A learned table of (antecedent, consequent) counts with the same window was measured
/// beside it and covered two thirds as much, less exactly.
///
/// It judges itself (``PredictionJudge``): it begins in the shadow, issues once its predictions come true, and goes back when they do
/// not. In the shadow it predicts and is judged in the same way, and hands nothing out. A prediction is right when its key is
/// missed, or used for the first time after it was fetched, within ``Settings/horizonMisses`` misses; it is wrong when that passes, or
/// when what was fetched is dropped unused. One whose outcome is open counts for neither.
///
/// A miss costs at most occurrences × (window² + reach × candidates) comparisons and a few look-ups in tables, whatever has been learned.
public struct MissCorrelation<Key: Hashable & Sendable>: Sendable {
    public struct Settings: Sendable, Equatable {
        /// Misses before one that make up its surroundings.
        public var window = 8
        /// Latest occurrences of a key that are looked at.
        public var occurrences = 4
        /// Misses after an occurrence that are candidates.
        public var reach = 8
        /// Agreeing misses that must speak for a candidate, over all occurrences.
        public var supportMin = 6
        /// Share of the agreeing misses that must speak for it.
        public var confidenceMin = 0.6
        /// Misses that are remembered: what bounds the memory.
        public var missesMax = 1 << 20
        /// Misses within which a prediction must come true.
        public var horizonMisses = 1024

        public init() {}
    }

    /// One key that is expected.
    public struct Expectation: Sendable, Equatable {
        public var key: Key
        /// Support over what it could have been: 0.6 ... 1.
        public var confidence: Double
        /// Misses from now, by the latest occurrence.
        public var steps: Int
        /// Agreeing misses that speak for it.
        public var support: Int

        /// What it is to people.
        public var detection: Detection {
            Detection(
                .correlated, confidence: confidence,
                reason: "came within \(steps) misses the last times that this one did,"
                    + " \(support) misses around it alike")
        }
    }

    public let settings: Settings
    /// False: what is missed is held against what is known, and not remembered.
    public var isLearning = true
    public private(set) var judge = PredictionJudge()
    /// Predictions made, whether issued or in the shadow.
    public private(set) var predictions = 0

    private var history: MissHistory<Key>
    /// The latest keys that were missed, newest last; learning or not.
    private var recent: [Key] = []
    private var open: OpenPredictions<Key>
    private var misses = 0

    public init(_ settings: Settings = Settings()) {
        self.settings = settings
        history = MissHistory(capacity: settings.missesMax)
        open = OpenPredictions(horizonMisses: settings.horizonMisses)
    }

    /// Misses that are remembered.
    public var remembered: Int { history.count }

    /// Notes that somebody wanted what was not there, or for the first time what is there only because it was expected here.
    ///
    /// - Parameters:
    ///   - isWanted: false for a key that need not be fetched: it is cached, on its way, or somebody else's to bring.
    /// - Returns: what to fetch now, soonest first; empty in the shadow.
    public mutating func missed(
        _ key: Key, where isWanted: (Key) -> Bool
    ) -> [Expectation] {
        misses += 1
        if open.end(key) { judge.note(right: true) }
        for _ in 0..<open.expire(at: misses) { judge.note(right: false) }
        let expected = candidates(after: key).filter {
            !open.contains($0.key) && isWanted($0.key)
        }
        for one in expected { open.add(one.key, at: misses) }
        predictions += expected.count
        if isLearning { history.append(key) }
        recent.append(key)
        if recent.count > settings.window { recent.removeFirst() }
        return judge.isIssuing ? expected : []
    }

    /// Notes that what was fetched for an expectation has gone unused.
    public mutating func dropped(_ key: Key) {
        if open.end(key) { judge.note(right: false) }
    }

    private func candidates(after key: Key) -> [Expectation] {
        guard var occurrence = history.latest(of: key) else { return [] }
        var found: [Expectation] = []
        var supportMax = 0
        for _ in 0..<settings.occurrences {
            let support = agreement(at: occurrence)
            if support > 0 {
                supportMax += support
                collect(from: occurrence, of: key, support: support, into: &found)
            }
            guard let before = history.previous(of: occurrence) else { break }
            occurrence = before
        }
        let needed = max(
            Double(settings.supportMin), settings.confidenceMin * Double(supportMax))
        found.removeAll { Double($0.support) < needed }
        for index in found.indices {
            found[index].confidence = Double(found[index].support) / Double(supportMax)
        }
        found.sort { $0.steps < $1.steps }
        return found
    }

    /// Distinct misses that are among those right before `occurrence` and among the latest.
    private func agreement(at occurrence: Int) -> Int {
        let before = max(history.start, occurrence - settings.window)..<occurrence
        var count = 0
        for (index, key) in recent.enumerated() where !recent[..<index].contains(key) {
            if before.contains(where: { history[$0] == key }) { count += 1 }
        }
        return count
    }

    /// Gives what followed an occurrence its support, each key once.
    private func collect(
        from occurrence: Int, of key: Key, support: Int, into found: inout [Expectation]
    ) {
        let following = (occurrence + 1)..<min(history.end, occurrence + 1 + settings.reach)
        for number in following {
            let next = history[number]
            guard next != key, !recent.contains(next),
                !(occurrence + 1..<number).contains(where: { history[$0] == next })
            else { continue }
            if let index = found.firstIndex(where: { $0.key == next }) {
                found[index].support += support
            } else {
                found.append(
                    Expectation(
                        key: next, confidence: 0, steps: number - occurrence, support: support))
            }
        }
    }
}
