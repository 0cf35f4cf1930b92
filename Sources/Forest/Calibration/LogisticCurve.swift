import Glibc

/// `1 / (1 + exp(−(slope × logit(value) + offset)))`: Platt's curve over the forest's value as log-odds, so that a slope of
/// 1 and an offset of 0 change nothing.
public struct LogisticCurve: Equatable, Sendable {
    public let slope: Double
    public let offset: Double

    /// Values nearer to 0 and 1 count as this near: a forest that is certain has seen few samples.
    private static let edge = 1e-3

    /// - Returns: nil for what is no number, or would turn the order around.
    public init?(slope: Double, offset: Double) {
        guard slope.isFinite, offset.isFinite, slope >= 0 else { return nil }
        self.slope = slope
        self.offset = offset
    }

    public func probability(of value: Double) -> Double {
        1 / (1 + exp(-(slope * Self.logOdds(value) + offset)))
    }

    public static func logOdds(_ value: Double) -> Double {
        let inside = min(1 - edge, max(edge, value))
        return log(inside / (1 - inside))
    }
}
