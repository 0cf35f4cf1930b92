import TestSupport
import Testing

@testable import Habits

@Suite struct BurstDetectorTests {
    private func feed(_ intervals: [Double], _ burst: inout BurstDetector, from start: Double)
        -> Double
    {
        var now = start
        burst.note(at: now)
        for interval in intervals {
            now += interval
            burst.note(at: now)
        }
        return now
    }

    /// 90 and 110 in turn: mean 100, deviation 10, limit 80.
    @Test func theRuleOnSeconds() {
        var burst = BurstDetector(.seconds)
        var now = feed((0..<16).map { $0 % 2 == 0 ? 90 : 110 }, &burst, from: 1000)
        #expect(abs((burst.limit ?? 0) - 80) < 1e-6)
        #expect(!burst.isBurst)
        for turn in 1...4 {
            // Each is learned until it is a burst, and brings the limit down: to 72, 66 and 61.
            now += 50
            burst.note(at: now)
            // Five opens, with four short intervals between them.
            #expect(burst.isBurst == (turn == 4))
        }
        now += 85
        burst.note(at: now)
        #expect(!burst.isBurst)
    }

    @Test func exponentialIntervalsHaveALimitByTheirLogarithmOnly() {
        var numbers = SplitMix(seed: 4)
        let intervals = (0..<400).map { _ in
            -100 * NaturalLogarithm.of(Double.random(in: 0.0001..<1, using: &numbers))
        }
        var seconds = BurstDetector(.seconds)
        var logarithm = BurstDetector()
        _ = feed(intervals, &seconds, from: 0)
        let now = feed(intervals, &logarithm, from: 0)
        #expect(seconds.limit == nil)
        let limit = logarithm.limit ?? 0
        #expect(limit > 0.1 && limit < 20)
        #expect(logarithm.detection(at: now) == nil)
        let end = feed([0.1, 0.1, 0.1, 0.1, 0.1], &logarithm, from: now + 100)
        let found = logarithm.detection(at: end + 1)
        // Six opens: 1 − 1/6.
        #expect(abs((found?.confidence ?? 0) - (1 - 1.0 / 6)) < 1e-9)
        #expect(logarithm.detection(at: end + 3600) == nil)
    }

    @Test func aBurstThatDoesNotEndIsWhatIsUsual() {
        var burst = BurstDetector()
        let start = feed((0..<20).map { $0 % 2 == 0 ? 90 : 110 }, &burst, from: 0)
        var now = start
        var inBurst = 0
        for _ in 0..<300 {
            now += 1
            burst.note(at: now)
            inBurst += burst.isBurst ? 1 : 0
        }
        #expect(inBurst > 20)
        #expect(!burst.isBurst)
    }

    @Test func aClockThatGoesBackIsNoBurst() {
        var burst = BurstDetector()
        let now = feed((0..<20).map { $0 % 2 == 0 ? 90 : 110 }, &burst, from: 10_000)
        let limit = burst.limit
        for step in 1...10 { burst.note(at: now - Double(step) * 500) }
        #expect(!burst.isBurst)
        #expect(burst.limit == limit)
    }
}
