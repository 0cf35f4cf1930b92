import Model

/// Moves the strategy by itself, every minute, on accuracy and waste; with hysteresis, and not where the user has fixed it.
struct StrategyControl: Sendable {
    static let period = Duration.seconds(60)
    /// Periods in a row that must agree before the strategy moves.
    static let periodsMin = 2

    private(set) var fixed: Strategy?
    private(set) var current: Strategy
    private var lastLook = Duration.zero
    private var leaning = 0

    init(fixed: Strategy?) {
        self.fixed = fixed
        current = fixed ?? .balanced
    }

    /// - Parameter strategy: nil: it moves by itself again, from where it is.
    mutating func pin(_ strategy: Strategy?) {
        guard strategy != fixed else { return }
        fixed = strategy
        if let strategy { current = strategy }
        leaning = 0
    }

    func isDue(at now: Duration) -> Bool { fixed == nil && now - lastLook >= Self.period }

    /// - Parameters:
    ///   - accuracy: of all reasons together; nil while nothing is known.
    ///   - traffic: bytes from the share over bytes wanted.
    mutating func look(accuracy: Double?, traffic: Double, at now: Duration) {
        guard isDue(at: now) else { return }
        lastLook = now
        guard let accuracy else { return }
        let lean = accuracy > 0.85 && traffic < 1.1 ? 1 : accuracy < 0.5 || traffic > 1.3 ? -1 : 0
        leaning = lean == 0 || lean.signum() != leaning.signum() ? lean : leaning + lean
        guard abs(leaning) >= Self.periodsMin else { return }
        current = leaning > 0 ? bolder : milder
        leaning = 0
    }

    private var bolder: Strategy {
        switch current {
        case .aggressive, .balanced: .aggressive
        case .conservative: .balanced
        }
    }

    private var milder: Strategy {
        switch current {
        case .aggressive: .balanced
        case .balanced, .conservative: .conservative
        }
    }
}

extension Strategy {
    /// Chance below which a byte is not worth fetching: a third is where the score of a prefetch (coverage less half
    /// of the traffic that it adds) turns positive; bolder and milder ones charge traffic less and more.
    var chanceMin: Float {
        switch self {
        case .aggressive: 0.25
        case .balanced: 1.0 / 3
        case .conservative: 0.5
        }
    }
}
