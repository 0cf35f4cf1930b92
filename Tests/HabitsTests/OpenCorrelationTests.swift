import TestSupport
import Testing

@testable import Habits

@Suite struct OpenCorrelationTests {
    /// Opens a minute apart, in one session.
    private func open(
        _ keys: [Int], _ rules: inout OpenCorrelation<Int>, session: UInt64 = 1, from: Double = 0
    ) -> [OpenCorrelation<Int>.Rule] {
        var last: [OpenCorrelation<Int>.Rule] = []
        for (index, key) in keys.enumerated() {
            last = rules.opened(key, session: session, at: from + Double(index) * 60)
        }
        return last
    }

    @Test func threeWindowsMakeARule() {
        var rules = OpenCorrelation<Int>()
        let none = open([1, 2, 10, 11, 12, 1, 2, 13, 14, 15, 1, 2, 16, 17, 18], &rules)
        #expect(none.isEmpty)
        #expect(rules.rules(after: 1).isEmpty)
        let found = open([1], &rules, from: 2000)
        // Three windows of three had 2: confidence 1. 1 has been opened four times, 2 three times: support 3 / 4.
        #expect(found == [.init(key: 2, confidence: 1, support: 0.75, windows: 3)])
        // 2 is followed by other things each time.
        let other = open([2], &rules, from: 2100)
        #expect(other.isEmpty)
        #expect(rules.ruleCount == 1)
    }

    @Test func confidenceIsTheShareOfWindows() {
        var rules = OpenCorrelation<Int>()
        var next = 100
        // Four windows, 2 in the first three of them, at the first, second and third step; a fourth step is too far.
        for window in [[2, 0, 0], [0, 2, 0], [0, 0, 2], [0, 0, 0, 2]] {
            let keys =
                [1]
                + window.map { key in
                    next += 1
                    return key == 0 ? next : key
                }
            _ = open(keys + [next + 1, next + 2, next + 3], &rules, from: Double(next) * 60)
            next += 3
        }
        let found = open([1], &rules, from: Double(next + 10) * 60)
        #expect(found.map(\.key) == [2])
        #expect(abs((found.first?.confidence ?? 0) - 0.75) < 1e-6)
    }

    @Test func underHalfItIsNoRule() {
        var rules = OpenCorrelation<Int>()
        var next = 100
        for turn in 0..<8 {
            let follower = turn % 8 < 3 ? 2 : next + 3
            _ = open([1, follower, next, next + 1, next + 2], &rules, from: Double(next) * 60)
            next += 10
        }
        // 3 of 8.
        let found = open([1], &rules, from: Double(next) * 60)
        #expect(found.isEmpty)
    }

    @Test func whatFollowsEverythingBelongsToNone() {
        var rules = OpenCorrelation<Int>()
        // 7 is opened after each of 40 files, five times each: 5 of its 200 opens are 0.025, under 0.1.
        for round in 0..<5 {
            for file in 0..<40 {
                _ = open(
                    [1000 + file, 7], &rules, from: Double(round * 40 + file) * 10_000)
            }
        }
        let found = open([1003], &rules, from: 1e7)
        #expect(found.isEmpty)
        #expect(rules.ruleCount == 0)
    }

    @Test func readersAndPausesAreKeptApart() {
        var rules = OpenCorrelation<Int>()
        for round in 0..<6 {
            let at = Double(round) * 100_000
            _ = rules.opened(1, session: 1, at: at)
            _ = rules.opened(2, session: 2, at: at + 1)
            // More than half an hour later.
            _ = rules.opened(3, session: 1, at: at + 1801)
        }
        #expect(rules.ruleCount == 0)
    }

    @Test func aHabitThatChangesIsFollowed() {
        var rules = OpenCorrelation<Int>()
        for round in 0..<10 { _ = open([1, 2], &rules, from: Double(round) * 10_000) }
        for round in 10..<18 { _ = open([1, 3], &rules, from: Double(round) * 10_000) }
        // After eight windows 3 has more than half of the weight, and 2 less.
        let found = open([1], &rules, from: 1e6)
        #expect(found.map(\.key) == [3])
    }

    @Test func aClockThatGoesBackBreaksNothing() {
        var rules = OpenCorrelation<Int>()
        for round in 0..<6 { _ = open([1, 2, 3 + round], &rules, from: 1e6 - Double(round) * 1e5) }
        let found = open([1], &rules, from: 0)
        #expect(found.first?.key == 2)
    }

    @Test func bounds() {
        var settings = OpenCorrelation<Int>.Settings()
        settings.rulesMax = 10
        settings.antecedentsMax = 50
        var rules = OpenCorrelation<Int>(settings)
        var numbers = SplitMix(seed: 9)
        for round in 0..<800 {
            let pair = Int.random(in: 0..<20, using: &numbers)
            _ = open([pair * 2, pair * 2 + 1], &rules, from: Double(round) * 10_000)
            #expect(rules.ruleCount <= 10)
        }
        #expect(rules.ruleCount == 10)
    }
}
