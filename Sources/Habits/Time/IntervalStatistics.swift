/// Mean and spread of the intervals between opens, the latest eighth of the weight to each new one: 16 bytes.
///
/// Exponentially weighted moments (West 1979). Until eight intervals were seen, all weigh alike.
struct IntervalStatistics: Sendable {
    static let memory: Float = 8
    static let countMin: UInt32 = 4
    /// A coefficient of variation up to which it is a rhythm: 1 / (1 + 0.25) = 0.8.
    static let confidenceMin = 0.8
    /// What each interval that passes without an open leaves of the probability.
    static let missedFactor = 0.8
    static let missedMax = 8.0

    private(set) var count: UInt32 = 0
    private var average: Float = 0
    private var variance: Float = 0

    /// Seconds.
    var mean: Double { Double(average) }
    var deviation: Double { Double(variance).squareRoot() }

    /// 1 / (1 + cv): 1 for intervals that are all the same.
    var confidence: Double {
        guard count >= Self.countMin, average > 0 else { return 0 }
        return 1 / (1 + deviation / mean)
    }

    /// - Parameter seconds: more than 0.
    mutating func note(_ seconds: Double) {
        count = min(count, .max - 1) + 1
        let weight = 1 / min(Float(count), Self.memory)
        let difference = Float(seconds) - average
        average += weight * difference
        variance = (1 - weight) * (variance + weight * difference * difference)
    }

    /// When the next open is due, and how probable it is.
    struct Due: Equatable {
        /// Seconds from the last open to the middle of the window.
        var after: Double
        /// Half of the window: one standard deviation.
        var deviation: Double
        var probability: Double
    }

    /// - Parameter elapsed: seconds since the last open. A year costs as little as an hour.
    func due(elapsed: Double) -> Due? {
        guard confidence >= Self.confidenceMin, mean > 0, elapsed >= 0 else { return nil }
        let missed = max(0, (elapsed / mean - 0.5).rounded(.down))
        guard missed <= Self.missedMax else { return nil }
        var probability = confidence
        for _ in 0..<Int(missed) { probability *= Self.missedFactor }
        return Due(
            after: mean * (missed + 1), deviation: max(deviation, mean / 20),
            probability: probability)
    }
}
