/// Mean and deviation of the steps between a file's reads, exponentially weighted over about the last 64.
struct StepStatistics: Sendable {
    private(set) var mean = 0.0
    private var variance = 0.0
    private(set) var count = 0
    private var lastStart: Int64?

    mutating func note(start: Int64) {
        defer { lastStart = start }
        guard let lastStart else { return }
        count += 1
        let weight = max(1 / 64.0, 1 / Double(count))
        let off = Double(start - lastStart) - mean
        mean += weight * off
        variance = (1 - weight) * (variance + weight * off * off)
    }

    var deviation: Double { variance.squareRoot() }

    /// How alike the steps are, 0 to 1: `1 / (1 + cv)` with the coefficient of variation, standard deviation / |mean|.
    var consistency: Double {
        guard count > 0 else { return 0 }
        guard mean != 0 else { return deviation == 0 ? 1 : 0 }
        return 1 / (1 + deviation / abs(mean))
    }

    /// How unlike, 0 to 1: `min(1, sd / (|mean| + 1))`, which unlike the coefficient of variation has a value where the mean is 0.
    var randomness: Double { min(1, deviation / (abs(mean) + 1)) }
}
