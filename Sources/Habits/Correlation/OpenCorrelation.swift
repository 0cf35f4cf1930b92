/// What is opened after what: association rules over the opens of each reader.
///
/// The transactions of the classical rules are *windows* here: an open of the antecedent, and the next three other things that the
/// same session opens. A session is one reader's run of opens without a pause of half an hour; what another reader does in
/// between is no part of it.
///
/// - *Confidence*: share of the antecedent's windows that had the consequent, the latest eight weighing most.
/// - *Support*: the windows that had both, of the antecedent's windows or of the consequent's opens, whichever are more
///   (the all-confidence of Omiecinski 2003). The classical support, of all windows of all files, would ask a pair to make up a tenth of everything
///   that anybody opens: with more than ten files no rule could exist. In the context of its own two files the same tenth says what
///   it is meant to say: a library that every program opens follows all of them, belongs to none, and is no rule.
/// - A pair is a rule after three windows, with support 0.1 and confidence 0.5; at most 1000 are, the surest ones.
///
/// Counts age by opens and not by time: a tenth goes with each 1024 opens, so that a holiday costs nothing. An open costs one look-up and
/// at most eight comparisons for each of the last three opens, whatever is known. Memory: at most 320 bytes per antecedent.
public struct OpenCorrelation<Key: Hashable & Sendable>: Sendable {
    public struct Settings: Sendable, Equatable {
        /// Opens after one that belong to its window.
        public var steps = 3
        public var supportMin = 0.1
        public var confidenceMin = 0.5
        /// Windows that must have had both.
        public var windowsMin = 3.0
        public var rulesMax = 1000
        public var antecedentsMax = 16_384
        public var consequentsMax = 8
        public var sessionsMax = 256
        /// Pause that ends a session.
        public var pauseSeconds = 1800.0

        public init() {}
    }

    /// A consequent that is expected.
    public struct Rule: Sendable, Equatable {
        public var key: Key
        public var confidence: Double
        public var support: Double
        /// Windows that had both, aged.
        public var windows: Double

        /// What it is to people.
        public var detection: Detection {
            Detection(
                .correlated, confidence: confidence,
                reason: "opened soon after it \(Int((confidence * 100).rounded())) % of the times")
        }
    }

    private struct Consequent: Sendable {
        var key: Key
        /// Share of the antecedent's windows that are over.
        var confidence: Float = 0
        /// Windows, aged.
        var windows: Float = 0
        /// It came in the latest window, which is counted when the next begins.
        var isInWindow = true
    }

    private struct Antecedent: Sendable {
        /// Opens, aged.
        var opens: Float = 0
        /// Windows that are over, up to what the confidence looks back.
        var windows: Float = 0
        var epoch: UInt32 = 0
        var consequents: [Consequent] = []
    }

    private struct Session: Sendable {
        var latest: [Key] = []
        var seconds = 0.0
    }

    /// Windows that a confidence looks back.
    static var memory: Float { 8 }
    static var epochOpens: Int { 1024 }
    static var epochFactor: Float { 0.9 }

    public let settings: Settings
    private var antecedents: RecencyTable<Key, Antecedent>
    private var sessions: RecencyTable<UInt64, Session>
    private var rules: RuleSet<Key>
    private var opens = 0

    public init(_ settings: Settings = Settings()) {
        self.settings = settings
        antecedents = RecencyTable(capacity: settings.antecedentsMax)
        sessions = RecencyTable(capacity: settings.sessionsMax, promotedShare: 0)
        rules = RuleSet(countMax: settings.rulesMax)
    }

    /// Rules in force.
    public var ruleCount: Int { rules.count }

    /// Notes an open, and says what is expected after it, the surest first.
    ///
    /// - Parameters:
    ///   - session: who opens: a number for user and program.
    ///   - seconds: of the open; a clock that goes back goes on with the session.
    public mutating func opened(_ key: Key, session: UInt64, at seconds: Double) -> [Rule] {
        opens += 1
        let place = sessions.touch(session, or: Session()).place
        if seconds - sessions[place].seconds > settings.pauseSeconds {
            sessions[place].latest.removeAll(keepingCapacity: true)
        }
        sessions[place].seconds = seconds
        // The same once more is no step.
        guard sessions[place].latest.last != key else { return rules(after: key) }
        let latest = sessions[place].latest
        begin(key)
        for (index, before) in latest.enumerated() where before != key {
            // The window of its latest open only.
            guard !latest[(index + 1)...].contains(before), !latest[(index + 1)...].contains(key)
            else { continue }
            follow(before, by: key)
        }
        sessions[place].latest.append(key)
        if sessions[place].latest.count > settings.steps { sessions[place].latest.removeFirst() }
        return rules(after: key)
    }

    /// What is expected after an open of `key`, the surest first.
    public func rules(after key: Key) -> [Rule] {
        guard let place = antecedents.place(of: key) else { return [] }
        return antecedents[place].consequents.compactMap { consequent in
            guard rules.contains(key, consequent.key) else { return nil }
            return Rule(
                key: consequent.key, confidence: Double(consequent.confidence),
                support: support(place, consequent), windows: Double(consequent.windows))
        }.sorted { $0.confidence > $1.confidence }
    }

    /// A window of `key` begins; the one before it is over.
    private mutating func begin(_ key: Key) {
        let touched = antecedents.touch(key, or: Antecedent())
        if let evicted = touched.evicted {
            for one in evicted.value.consequents { rules.remove(evicted.key, one.key) }
        }
        let place = touched.place
        if !touched.isNew { antecedents.promote(place) }
        age(place)
        let hasWindow = antecedents[place].opens > 0
        antecedents[place].opens += 1
        guard hasWindow else { return }
        antecedents[place].windows = min(antecedents[place].windows + 1, Self.memory)
        let weight = 1 / antecedents[place].windows
        for index in antecedents[place].consequents.indices {
            var consequent = antecedents[place].consequents[index]
            consequent.confidence *= 1 - weight
            if consequent.isInWindow {
                consequent.confidence += weight
                consequent.windows += 1
                consequent.isInWindow = false
            }
            antecedents[place].consequents[index] = consequent
            judge(place, consequent)
        }
    }

    private mutating func follow(_ key: Key, by next: Key) {
        guard let place = antecedents.place(of: key) else { return }
        let known = antecedents[place].consequents
        if let index = known.firstIndex(where: { $0.key == next }) {
            antecedents[place].consequents[index].isInWindow = true
            return
        }
        guard known.count >= settings.consequentsMax else {
            antecedents[place].consequents.append(Consequent(key: next))
            return
        }
        // One that came once may take the place of one that came once or seldom.
        guard
            let weakest = known.indices.filter({ !known[$0].isInWindow })
                .min(by: { known[$0].confidence < known[$1].confidence }),
            known[weakest].confidence <= 1 / Self.memory
        else { return }
        rules.remove(key, known[weakest].key)
        antecedents[place].consequents[weakest] = Consequent(key: next)
    }

    /// Ages what an antecedent knows up to now.
    private mutating func age(_ place: Int) {
        let epoch = UInt32(truncatingIfNeeded: opens / Self.epochOpens)
        let passed = epoch &- antecedents[place].epoch
        antecedents[place].epoch = epoch
        guard passed > 0, antecedents[place].opens > 0 else { return }
        var factor: Float = 1
        for _ in 0..<min(passed, 64) { factor *= Self.epochFactor }
        antecedents[place].opens *= factor
        for index in antecedents[place].consequents.indices {
            antecedents[place].consequents[index].windows *= factor
        }
    }

    private func support(_ place: Int, _ consequent: Consequent) -> Double {
        let own = antecedents[place].opens
        let other = antecedents.place(of: consequent.key).map { antecedents[$0].opens } ?? 0
        return Double(consequent.windows) / Double(max(own, other, consequent.windows, 1e-6))
    }

    private mutating func judge(_ place: Int, _ consequent: Consequent) {
        let key = antecedents.key(at: place)
        // The rounding of sums of eighths ends no rule.
        guard Double(consequent.windows) >= settings.windowsMin - 0.001,
            Double(consequent.confidence) >= settings.confidenceMin - 0.001,
            support(place, consequent) >= settings.supportMin
        else {
            rules.remove(key, consequent.key)
            return
        }
        rules.insert(key, consequent.key, strength: consequent.confidence * consequent.windows)
    }
}
