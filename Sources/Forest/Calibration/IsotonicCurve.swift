/// Straight lines between points that rise; level before the first and behind the last.
public struct IsotonicCurve: Equatable, Sendable {
    public struct Point: Equatable, Sendable {
        /// As the forest says it.
        public var value: Double
        public var probability: Double

        public init(value: Double, probability: Double) {
            self.value = value
            self.probability = probability
        }
    }

    public static let pointsMax = 256

    public let points: [Point]

    /// - Returns: nil for none, too many, or some that do not rise or are no probabilities.
    public init?(points: [Point]) {
        guard !points.isEmpty, points.count <= Self.pointsMax else { return nil }
        for point in points {
            guard point.value.isFinite, (0...1).contains(point.probability) else { return nil }
        }
        for (before, after) in zip(points, points.dropFirst()) {
            guard before.value < after.value, before.probability <= after.probability else {
                return nil
            }
        }
        self.points = points
    }

    public func probability(of value: Double) -> Double {
        // The first point that lies beyond the value.
        var low = 0
        var high = points.count
        while low < high {
            let middle = (low + high) / 2
            if points[middle].value > value { high = middle } else { low = middle + 1 }
        }
        guard low > 0 else { return points[0].probability }
        let before = points[low - 1]
        guard low < points.count else { return before.probability }
        let after = points[low]
        let part = (value - before.value) / (after.value - before.value)
        return before.probability + part * (after.probability - before.probability)
    }
}
