import Forest

/// Which ``Calibration`` a forest gets: the one that says best what happened in the second half of the samples, after it was
/// fitted to the first half; then it is fitted to all of them.
enum CalibrationChoice {
    /// Below these a curve would follow chance.
    private static let samplesMin = 100
    private static let readsMin = 10.0

    private static let fits: [@Sendable ([(value: Double, label: Double)]) -> Calibration?] = [
        { _ in .identity },
        { LogisticFit.curve($0).map { .logistic($0) } },
        { IsotonicFit.curve($0).map { .isotonic($0) } },
    ]

    /// - Parameter samples: in the order of time.
    static func best(_ samples: [(value: Double, label: Double)]) -> Calibration {
        let half = samples.count / 2
        let first = Array(samples[..<half])
        let second = samples[half...]
        guard samples.count >= samplesMin, reads(first) >= readsMin, reads(second) >= readsMin
        else { return .identity }
        var best: (error: Double, calibration: Calibration)?
        for fit in fits {
            guard let trial = fit(first), let whole = fit(samples) else { continue }
            let error = second.reduce(0) { sum, sample in
                let difference = trial.probability(of: sample.value) - sample.label
                return sum + difference * difference
            }
            if best.map({ error < $0.error }) ?? true { best = (error, whole) }
        }
        return best?.calibration ?? .identity
    }

    private static func reads(_ samples: some Sequence<(value: Double, label: Double)>) -> Double {
        samples.reduce(0) { $0 + $1.label }
    }
}
