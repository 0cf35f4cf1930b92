import Testing

@testable import Forest

@Suite struct CalibrationTests {
    @Test func isotonicByHand() throws {
        let curve = try #require(
            IsotonicCurve(points: [
                IsotonicCurve.Point(value: 0.2, probability: 0.1),
                IsotonicCurve.Point(value: 0.4, probability: 0.5),
                IsotonicCurve.Point(value: 0.8, probability: 0.6),
            ]))
        let calibration = Calibration.isotonic(curve)
        #expect(calibration.probability(of: 0) == 0.1)
        #expect(calibration.probability(of: 0.2) == 0.1)
        // Half of the way from 0.1 to 0.5.
        #expect(abs(calibration.probability(of: 0.3) - 0.3) < 1e-12)
        // A quarter of the way from 0.5 to 0.6.
        #expect(abs(calibration.probability(of: 0.5) - 0.525) < 1e-12)
        #expect(calibration.probability(of: 7) == 0.6)
    }

    @Test func logisticByHand() throws {
        // Slope 1 and offset 0 change nothing.
        let same = try #require(LogisticCurve(slope: 1, offset: 0))
        for value in [0.01, 0.3, 0.5, 0.97] {
            #expect(abs(same.probability(of: value) - value) < 1e-12)
        }
        // 0.8 has odds of 4 : 1; with slope ½ of 2 : 1.
        let flat = try #require(LogisticCurve(slope: 0.5, offset: 0))
        #expect(abs(flat.probability(of: 0.8) - 2.0 / 3) < 1e-12)
    }

    @Test func whatIsNoProbabilityBecomesOne() {
        #expect(Calibration.identity.probability(of: -0.5) == 0)
        #expect(Calibration.identity.probability(of: 1.5) == 1)
        #expect(Calibration.identity.probability(of: .nan) == 0)
    }

    @Test func curvesThatFallAreRefused() {
        let points = { (list: [(Double, Double)]) in
            list.map { IsotonicCurve.Point(value: $0.0, probability: $0.1) }
        }
        #expect(IsotonicCurve(points: []) == nil)
        #expect(IsotonicCurve(points: points([(0, 0.5), (1, 0.4)])) == nil)
        #expect(IsotonicCurve(points: points([(1, 0.4), (1, 0.5)])) == nil)
        #expect(IsotonicCurve(points: points([(0, 0.4), (1, 1.5)])) == nil)
        #expect(IsotonicCurve(points: points([(.nan, 0.4)])) == nil)
        #expect(LogisticCurve(slope: -1, offset: 0) == nil)
        #expect(LogisticCurve(slope: 1, offset: .nan) == nil)
    }
}
