import Habits
import Model
import Testing

@testable import View

@Suite struct WarmExpectationsTests {
    private func expectation(until: Int64, bytes: Int64 = 10) -> WarmExpectations.Expectation {
        WarmExpectations.Expectation(until: until, bytes: bytes)
    }

    @Test func whatIsOpenedInTimeIsRight() {
        var expectations = WarmExpectations()
        expectations.expect(1, expectation(until: 100))
        expectations.expect(2, expectation(until: 100))
        expectations.expect(3, expectation(until: 100))
        #expect(expectations.isWaiting(for: 1))
        expectations.opened(1, at: 100)
        expectations.opened(2, at: 101)
        #expect(!expectations.isWaiting(for: 1))
        expectations.settle(at: 100)
        #expect(expectations.isWaiting(for: 3), "its time is not over")
        expectations.settle(at: 101)
        #expect(!expectations.isWaiting(for: 3))
        #expect(expectations.right == 1 && expectations.wrong == 2)
        #expect(expectations.wastedBytes == 20)
        // Nobody expected it.
        expectations.opened(9, at: 1)
        #expect(expectations.right == 1)
    }

    /// What is only watched costs nothing, and counts for the accuracy.
    @Test func whatIsWatchedCountsForTheAccuracyAlone() {
        var expectations = WarmExpectations()
        for file in 0..<UInt64(20) {
            expectations.expect(
                file, WarmExpectations.Expectation(until: 10, isWatched: true))
        }
        for file in 0..<UInt64(5) { expectations.opened(file, at: 1) }
        expectations.settle(at: 11)
        #expect(expectations.right == 0 && expectations.wrong == 0)
        #expect(expectations.accuracy.value == 0.25, "5 of 20")
    }

    @Test func moreThanAreRememberedAreNotJudged() {
        var expectations = WarmExpectations()
        for file in 0...UInt64(WarmExpectations.waitingMax) {
            expectations.expect(file, expectation(until: 10))
        }
        #expect(!expectations.isWaiting(for: 0) && expectations.isWaiting(for: 1))
        expectations.settle(at: 11)
        #expect(expectations.wrong == WarmExpectations.waitingMax)
    }

    @Test func aHeadIsAsMuchAsIsReadButNoFilm() {
        let mebibyte: Int64 = 1 << 20
        #expect(HeadBytes.expected(nil, of: .media) == 16 * mebibyte)
        #expect(HeadBytes.expected(3000 * mebibyte, of: .media) == 64 * mebibyte)
        #expect(HeadBytes.expected(0, of: .media) == 256 << 10)
        #expect(HeadBytes.expected(5 * mebibyte, of: .userData) == 5 * mebibyte)
        #expect(HeadBytes.expected(nil, of: .metadata) == 4 * mebibyte)
    }

    @Test(arguments: [
        (0.95, WarmTarget.Priority.high), (0.8, .high), (0.79, .normal), (0.5, .normal),
        (0.49, .low),
    ])
    func prioritiesFollowProbability(probability: Double, priority: WarmTarget.Priority) {
        #expect(WarmTarget.Priority(probability: probability) == priority)
        #expect(WarmTarget.Priority.allCases.map(\.weight) == [0.2, 0.5, 0.8, 1])
    }
}
