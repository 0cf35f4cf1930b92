/// Which of what is pinned comes first, and goes last where not all of it may stay.
public enum PinPriority: String, Sendable, Hashable, Codable, CaseIterable, Comparable {
    case high, medium, low

    /// As it is kept: the larger, the more it matters.
    public var rank: UInt8 {
        switch self {
        case .high: 2
        case .medium: 1
        case .low: 0
        }
    }

    /// nil where there is none of this rank.
    public init?(rank: UInt8) {
        guard let found = Self.allCases.first(where: { $0.rank == rank }) else { return nil }
        self = found
    }

    public static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
}
