public import Model

/// A file whose head is to be brought into the tiers, and why.
public struct WarmTarget: Sendable, Hashable {
    /// What comes first when not all can be had.
    public enum Priority: Int, Sendable, Comparable, CaseIterable {
        case low, normal, high, critical

        /// As the plan gives them: 1, 0.8, 0.5 and 0.2.
        public var weight: Double {
            switch self {
            case .critical: 1
            case .high: 0.8
            case .normal: 0.5
            case .low: 0.2
            }
        }

        public var name: String {
            switch self {
            case .critical: "critical"
            case .high: "high"
            case .normal: "normal"
            case .low: "low"
            }
        }

        /// The highest whose weight the probability reaches. Nothing is as sure as what people have pinned.
        init(probability: Double) {
            let reached: [Self] = [.high, .normal]
            self = reached.first { probability >= $0.weight } ?? .low
        }

        public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    }

    public var path: RelativePath
    /// Bytes from its head.
    public var bytes: Int64
    /// That it will be opened: 0 ... 1.
    public var probability: Double
    public var priority: Priority
    /// Seconds since 1970: when it is expected.
    public var window: ClosedRange<Int64>
    /// For a person: a clause without a full stop.
    public var reason: String

    /// Of two that cannot both be had now.
    static func isMoreUrgent(_ left: Self, than right: Self) -> Bool {
        (right.priority, right.probability) < (left.priority, left.probability)
    }

    public init(
        path: RelativePath, bytes: Int64, probability: Double, priority: Priority,
        window: ClosedRange<Int64>, reason: String
    ) {
        self.path = path
        self.bytes = bytes
        self.probability = probability
        self.priority = priority
        self.window = window
        self.reason = reason
    }
}
