/// The share of right ones among the last 100 predictions; 0.8 until ten outcomes are known.
public struct RecentAccuracy: Sendable, Equatable {
    public static let outcomesMax = 100
    public static let outcomesMin = 10
    public static let unknown = 0.8

    private var outcomes = Outcomes(capacity: Self.outcomesMax)

    public init() {}

    public var value: Double {
        guard outcomes.count >= Self.outcomesMin, let mean = outcomes.mean else {
            return Self.unknown
        }
        return mean
    }

    public mutating func note(right: Bool) { outcomes.append(right) }
}
