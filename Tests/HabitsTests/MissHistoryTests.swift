import TestSupport
import Testing

@testable import Habits

@Suite struct MissHistoryTests {
    /// Held against an array that keeps everything.
    @Test(arguments: 1...8) func agreesWithAnArray(seed: Int) {
        var numbers = SplitMix(seed: UInt64(seed))
        let capacity = Int.random(in: 16...70, using: &numbers)
        let keys = Int.random(in: 2...60, using: &numbers)
        var history = MissHistory<Int>(capacity: capacity)
        var all: [Int] = []
        for turn in 0..<300 {
            let key = Int.random(in: 0..<keys, using: &numbers)
            let start = max(0, all.count - capacity)
            #expect(history.start == start)
            #expect(
                history.latest(of: key) == all[start...].lastIndex(of: key),
                "seed \(seed), turn \(turn)")
            if let latest = history.latest(of: key) {
                let before = all[start..<latest].lastIndex(of: key)
                #expect(history.previous(of: latest) == before, "seed \(seed), turn \(turn)")
            }
            history.append(key)
            all.append(key)
        }
        let start = all.count - capacity
        #expect((start..<all.count).map { history[$0] } == Array(all[start...]))
        #expect(history.distinct == Set(all[start...]).count)
    }
}

@Suite struct OpenPredictionsTests {
    @Test func oneThatIsNotWantedInTimeIsWrong() {
        var open = OpenPredictions<Int>(horizonMisses: 10)
        open.add(1, at: 5)
        open.add(2, at: 7)
        open.add(3, at: 7)
        let wasThere = open.end(2)
        #expect(wasThere)
        // 1 is 10 and then 11 misses old; 3 is 11 old at 18, and 2 has come true before.
        let expired = [15, 16, 18].map { open.expire(at: $0) }
        #expect(expired == [0, 1, 1])
        #expect(open.count == 0)
        let isThereYet = open.end(3)
        #expect(!isThereYet)
    }

    @Test func oneThatIsMadeAnewHasItsOwnTime() {
        var open = OpenPredictions<Int>(horizonMisses: 10)
        open.add(1, at: 5)
        let wasThere = open.end(1)
        open.add(1, at: 9)
        let expired = [16, 20].map { open.expire(at: $0) }
        #expect(wasThere)
        #expect(expired == [0, 1])
    }

    @Test func theBoundForgetsWithoutAnOutcome() {
        var open = OpenPredictions<Int>(horizonMisses: 1 << 30)
        for key in 0...OpenPredictions<Int>.countMax { open.add(key, at: key) }
        #expect(open.count == OpenPredictions<Int>.countMax)
        #expect(!open.contains(0))
        #expect(open.contains(1))
    }
}

@Suite struct PredictionJudgeTests {
    private func note(_ right: Bool, _ times: Int, _ judge: inout PredictionJudge) {
        for _ in 0..<times { judge.note(right: right) }
    }

    @Test func trustIsEarnedAndLost() {
        var judge = PredictionJudge()
        note(true, 31, &judge)
        #expect(!judge.isIssuing)
        note(true, 1, &judge)
        #expect(judge.isIssuing)
        // 20 of 32 are 0.625; one more wrong one makes 20 of 33, 0.606; the next 20 of 34, 0.588: off.
        note(true, 20, &judge)
        note(false, 13, &judge)
        #expect(judge.isIssuing)
        note(false, 1, &judge)
        #expect(!judge.isIssuing)
        #expect(judge.switchOffs == 1)
    }

    @Test func betweenTheLimitsNothingChanges() {
        var judge = PredictionJudge()
        // 0.7 of them right: too few to come out, and enough to stay.
        for turn in 0..<1000 { judge.note(right: turn * 7 % 10 < 7) }
        #expect(!judge.isIssuing)
        note(true, 100, &judge)
        #expect(judge.isIssuing)
        for turn in 0..<1000 { judge.note(right: turn * 7 % 10 < 7) }
        #expect(judge.isIssuing)
    }

    @Test func eachFailureDoublesTheShadow() {
        var judge = PredictionJudge()
        note(true, 32, &judge)
        note(false, 32, &judge)
        #expect(!judge.isIssuing)
        note(true, 63, &judge)
        #expect(!judge.isIssuing)
        note(true, 1, &judge)
        #expect(judge.isIssuing)
        note(false, 32, &judge)
        #expect(judge.shadowOutcomesMin == 128)
        // Issuing that goes well for 512 outcomes makes good for it.
        note(true, 128 + 512, &judge)
        #expect(judge.isIssuing)
        #expect(judge.shadowOutcomesMin == 32)
    }
}
