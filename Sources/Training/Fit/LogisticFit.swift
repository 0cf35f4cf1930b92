import Forest

import Glibc

/// The logistic curve of the greatest likelihood over log-odds (Platt 1999), by Newton's method as Lin, Lin and Weng, "A note on
/// Platt's probabilistic outputs" (2007), have it: with labels drawn in from 0 and 1 a little, and steps halved until they help.
enum LogisticFit {
    private static let roundsMax = 100

    static func curve(_ samples: [(value: Double, label: Double)]) -> LogisticCurve? {
        let reads = samples.reduce(0) { $0 + $1.label }
        let others = Double(samples.count) - reads
        guard reads > 0, others > 0 else { return nil }
        let high = (reads + 1) / (reads + 2)
        let low = 1 / (others + 2)
        let points = samples.map { sample in
            (x: LogisticCurve.logOdds(sample.value), target: sample.label > 0.5 ? high : low)
        }
        var slope = 1.0
        var offset = 0.0
        var loss = self.loss(points, slope, offset)
        for _ in 0..<roundsMax {
            let step = newtonStep(points, slope, offset)
            var scale = 1.0
            var best = loss
            while scale > 1e-6 {
                best = self.loss(
                    points, slope - scale * step.slope, offset - scale * step.offset)
                if best < loss { break }
                scale /= 2
            }
            guard best < loss else { break }
            slope -= scale * step.slope
            offset -= scale * step.offset
            let gain = loss - best
            loss = best
            if gain < 1e-9 * Double(points.count) { break }
        }
        return LogisticCurve(slope: slope, offset: offset)
    }

    /// Negative logarithm of the likelihood.
    private static func loss(
        _ points: [(x: Double, target: Double)], _ slope: Double, _ offset: Double
    ) -> Double {
        points.reduce(0) { sum, point in
            let odds = slope * point.x + offset
            // log(1 + exp(odds)) without overflow.
            return sum + max(odds, 0) + log1p(exp(-abs(odds))) - point.target * odds
        }
    }

    private static func newtonStep(
        _ points: [(x: Double, target: Double)], _ slope: Double, _ offset: Double
    ) -> (slope: Double, offset: Double) {
        // The second derivatives are kept away from a matrix that has no inverse.
        var (xx, x1, one) = (1e-9, 0.0, 1e-9)
        var (gradientSlope, gradientOffset) = (0.0, 0.0)
        for point in points {
            let probability = 1 / (1 + exp(-(slope * point.x + offset)))
            let weight = probability * (1 - probability)
            xx += weight * point.x * point.x
            x1 += weight * point.x
            one += weight
            gradientSlope += (probability - point.target) * point.x
            gradientOffset += probability - point.target
        }
        let determinant = xx * one - x1 * x1
        guard determinant.isFinite, determinant > 0 else { return (0, 0) }
        return (
            (one * gradientSlope - x1 * gradientOffset) / determinant,
            (xx * gradientOffset - x1 * gradientSlope) / determinant
        )
    }
}
