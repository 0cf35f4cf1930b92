import TestSupport
import Testing

@testable import Habits

@Suite struct MissCorrelationTests {
    private func run(
        _ keys: [Int], into rules: inout MissCorrelation<Int>
    ) -> [MissCorrelation<Int>.Expectation] {
        var last: [MissCorrelation<Int>.Expectation] = []
        for key in keys { last = rules.missed(key) { _ in true } }
        return last
    }

    /// Rules that have earned trust by a loop over keys that are not used otherwise.
    private func trusted() -> MissCorrelation<Int> {
        var rules = MissCorrelation<Int>()
        for round in 0..<12 {
            _ = run(Array(9000..<9020) + [10_000 + round], into: &rules)
        }
        #expect(rules.judge.isIssuing)
        // What was expected last is asked for, and the loop is out of the window.
        _ = run(Array(20_000..<20_020), into: &rules)
        return rules
    }

    @Test func whatFollowedInTheSameSurroundingsIsExpected() {
        var rules = trusted()
        _ = run([1, 2, 3, 4, 5, 6, 7, 50, 60] + Array(100..<110), into: &rules)
        // Six of the eight misses before 7 are the same again: support 6, all of it for 50 and 60. 100 to 105 came within eight.
        let expected = run([1, 2, 3, 4, 5, 6, 7], into: &rules)
        #expect(expected.prefix(2).map(\.key) == [50, 60])
        #expect(expected.prefix(2).map(\.steps) == [1, 2])
        #expect(expected.first?.support == 6)
        #expect(expected.first?.confidence == 1)
        #expect(expected.map(\.key) == [50, 60, 100, 101, 102, 103, 104, 105])
    }

    @Test func otherSurroundingsSayNothing() {
        var rules = trusted()
        _ = run([1, 2, 3, 4, 5, 6, 7, 50] + Array(100..<110), into: &rules)
        // Five agree, one too few.
        let fewAgree = run([2, 3, 4, 5, 6, 7], into: &rules)
        #expect(fewAgree.isEmpty)
        let noneAgrees = run(Array(200..<210) + [7], into: &rules)
        #expect(noneAgrees.isEmpty)
    }

    @Test func occurrencesAddUp() {
        var rules = trusted()
        // 7 comes twice after three of the same; 50 follows both times, 51 and 52 once each.
        _ = run([1, 2, 3, 7, 50, 51] + Array(100..<110), into: &rules)
        _ = run([1, 2, 3, 7, 50, 52] + Array(110..<120), into: &rules)
        // Support of 50: 3 + 3 = 6 of 6. Of 51 and of 52: 3 of 6, under the confidence of 0.6 and under the support.
        let expected = run([1, 2, 3, 7], into: &rules)
        #expect(expected.map(\.key) == [50])
        #expect(expected.first?.confidence == 1)
        #expect(expected.first?.support == 6)
    }

    @Test func whatIsNotWantedIsNeitherExpectedNorJudged() {
        var rules = trusted()
        _ = run([1, 2, 3, 4, 5, 6, 7, 50, 60] + Array(100..<110), into: &rules)
        _ = run([1, 2, 3, 4, 5, 6], into: &rules)
        let before = rules.predictions
        let expected = rules.missed(7) { $0 == 60 }
        #expect(expected.map(\.key) == [60])
        #expect(rules.predictions == before + 1)
    }

    @Test func itStartsInTheShadowAndIsTrustedOnceItWasRight() {
        var rules = MissCorrelation<Int>()
        let loop = Array(0..<20)
        var issuedIn: [Int] = []
        for round in 0..<6 {
            for key in loop where !rules.missed(key, where: { _ in true }).isEmpty {
                issuedIn.append(round)
            }
        }
        // The second round predicts, and 20 right ones are too few; the third makes them 32.
        #expect(issuedIn.first == 2)
        #expect(rules.judge.isIssuing)
    }

    @Test func itGoesBackWhenWhatWasFetchedIsDropped() {
        var rules = trusted()
        var offAfter: Int?
        for round in 0..<200 where offAfter == nil {
            for key in 9000..<9020 {
                for one in rules.missed(key, where: { _ in true }) { rules.dropped(one.key) }
            }
            if !rules.judge.isIssuing { offAfter = round }
        }
        // 20 keys a round are dropped: 32 outcomes are there in the second round, unless ones from before were right.
        #expect((offAfter ?? 99) <= 25)
        #expect(rules.judge.switchOffs == 1)
        // It still predicts, and hands nothing out.
        let before = rules.predictions
        let issued = run(Array(9000..<9012), into: &rules)
        #expect(issued.isEmpty)
        #expect(rules.predictions > before)
    }

    @Test func withoutStructureItStaysInTheShadow() {
        let seed: UInt64 = 7
        var numbers = SplitMix(seed: seed)
        var rules = MissCorrelation<Int>()
        for _ in 0..<3000 {
            let expected = rules.missed(Int.random(in: 0..<200, using: &numbers)) { _ in true }
            #expect(expected.isEmpty, "seed \(seed)")
        }
    }

    @Test func frozenRulesLearnNothingNew() {
        var rules = trusted()
        rules.isLearning = false
        let remembered = rules.remembered
        _ = run([1, 2, 3, 4, 5, 6, 7, 50] + Array(100..<110), into: &rules)
        #expect(rules.remembered == remembered)
        let new = run([1, 2, 3, 4, 5, 6, 7], into: &rules)
        #expect(new.isEmpty)
        // What they knew they still know.
        let known = run(Array(9000..<9010), into: &rules)
        #expect(!known.isEmpty)
    }

    @Test func whatTheBoundPushesOutIsForgotten() {
        var settings = MissCorrelation<Int>.Settings()
        settings.missesMax = 64
        var rules = MissCorrelation<Int>(settings)
        for round in 0..<40 { _ = run(Array(0..<20) + [1000 + round], into: &rules) }
        #expect(rules.judge.isIssuing)
        _ = run(Array(2000..<2100), into: &rules)
        #expect(rules.remembered == 64)
        let forgotten = run(Array(0..<12), into: &rules)
        #expect(forgotten.isEmpty)
    }
}
