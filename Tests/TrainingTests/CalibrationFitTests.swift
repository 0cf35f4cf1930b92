import Forest
import TestSupport
import Testing

@testable import Training

@Suite struct CalibrationFitTests {
    @Test func adjacentViolatorsArePooled() throws {
        // 0.1 → 0, 0.2 → 1, 0.3 → 0, 0.4 → 1: the two in the middle fall, and become 0.25 → ½.
        let curve = try #require(
            IsotonicFit.curve([(0.1, 0), (0.2, 1), (0.3, 0), (0.4, 1)]))
        #expect(curve.points.count == 3)
        #expect(curve.points.map(\.probability) == [0, 0.5, 1])
        #expect(abs(curve.points[1].value - 0.25) < 1e-12)
    }

    /// Against the definition: max over starts of min over ends of the mean between.
    @Test func poolingIsTheBestRisingFit() throws {
        let seed = TestRun.seed
        var random = SplitMix(seed: seed)
        let samples = (0..<40).map { index in
            (value: Double(index), label: random.unit() < Double(index) / 40 ? 1.0 : 0)
        }
        let curve = try #require(IsotonicFit.curve(samples))
        let mean = { (start: Int, end: Int) in
            samples[start...end].reduce(0) { $0 + $1.label } / Double(end - start + 1)
        }
        for point in curve.points {
            // Blocks have their mean place as value, so a whole or a half number.
            let index = Int(point.value)
            let best =
                (0...index).map { start in
                    (index..<samples.count).map { mean(start, $0) }.min() ?? 0
                }.max() ?? 0
            #expect(abs(point.probability - best) < 1e-9, "seed \(seed)")
        }
    }

    @Test func thePointsHaveABound() throws {
        let samples = (0..<4000).map { (value: Double($0), label: Double($0) / 4000) }
        let curve = try #require(IsotonicFit.curve(samples))
        #expect(curve.points.count <= IsotonicCurve.pointsMax)
        #expect(abs(curve.probability(of: 2000) - 0.5) < 0.01)
    }

    /// Labels drawn with twice the log-odds of what is said: the slope is 2.
    @Test func theLogisticCurveIsFound() throws {
        var random = SplitMix(seed: 11)
        let truth = try #require(LogisticCurve(slope: 2, offset: -0.5))
        let samples = (0..<4000).map { _ in
            let value = 0.05 + 0.9 * random.unit()
            return (
                value: value, label: random.unit() < truth.probability(of: value) ? 1.0 : 0
            )
        }
        let found = try #require(LogisticFit.curve(samples))
        #expect(abs(found.slope - 2) < 0.2)
        #expect(abs(found.offset + 0.5) < 0.15)
        #expect(LogisticFit.curve([(0.5, 1), (0.6, 1)]) == nil)
    }

    @Test func theBetterCurveIsTaken() {
        var random = SplitMix(seed: 12)
        // Says 0.1 … 0.5 of what happens once or always: two steps, which no logistic curve has.
        let steps = (0..<2000).map { _ in
            let value = 0.1 + 0.4 * random.unit()
            return (value: value, label: random.unit() < (value > 0.3 ? 0.95 : 0.05) ? 1.0 : 0)
        }
        guard case .isotonic = CalibrationChoice.best(steps) else {
            Issue.record("not isotonic")
            return
        }
        // Too few.
        #expect(CalibrationChoice.best(Array(steps.prefix(50))) == .identity)
    }
}
