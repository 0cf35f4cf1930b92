/// Whether predictions may be acted on, by what came of the latest ones.
///
/// It begins in the shadow: predictions are made and judged, and nobody acts on them. Once enough of them have come true they are
/// issued; when too few do, they go back into the shadow. The two limits lie apart, so that it does not flutter, and each
/// change starts the account anew.
///
/// What is right in the shadow may be wrong once it is fetched: a small cache drops it before it is used. So each time that issuing
/// fails, the shadow lasts twice as long, until issuing has gone well for a while.
public struct PredictionJudge: Sendable, Equatable {
    /// Outcomes that are looked at, at most.
    public static let outcomesMax = 256
    /// Outcomes before anything is decided.
    public static let outcomesMin = 32
    /// Outcomes in the shadow after many failures.
    public static let shadowOutcomesMax = 8192
    /// Outcomes of issuing after which earlier failures are forgotten.
    public static let goodOutcomesMin = 512
    /// Accuracy from which a shadow comes out.
    public static let accuracyOn = 0.75
    /// Accuracy under which issuing ends. A prefetch that is wrong costs the traffic of one that is right: at 0.6 two bytes in
    /// five would be for nothing.
    public static let accuracyOff = 0.6

    /// Predictions are issued.
    public private(set) var isIssuing = false
    /// Times that it went into the shadow after it had been issuing.
    public private(set) var switchOffs = 0
    private var outcomes = Outcomes(capacity: Self.outcomesMax)
    private var outcomesSinceChange = 0
    /// Outcomes that the shadow lasts at least.
    public private(set) var shadowOutcomesMin = Self.outcomesMin

    public init() {}

    /// Share of right ones among the outcomes since the last change, at most the latest ``outcomesMax``; nil: none yet.
    public var accuracy: Double? { outcomes.mean }

    /// - Returns: whether ``isIssuing`` has changed.
    @discardableResult
    public mutating func note(right: Bool) -> Bool {
        outcomes.append(right)
        outcomesSinceChange += 1
        guard let accuracy else { return false }
        if isIssuing {
            if outcomesSinceChange >= Self.goodOutcomesMin { shadowOutcomesMin = Self.outcomesMin }
            guard outcomesSinceChange >= Self.outcomesMin, accuracy < Self.accuracyOff else {
                return false
            }
            switchOffs += 1
            shadowOutcomesMin = min(shadowOutcomesMin * 2, Self.shadowOutcomesMax)
        } else {
            guard outcomesSinceChange >= shadowOutcomesMin, accuracy >= Self.accuracyOn else {
                return false
            }
        }
        isIssuing.toggle()
        outcomes = Outcomes(capacity: Self.outcomesMax)
        outcomesSinceChange = 0
        return true
    }
}
