import Testing

@testable import Replay

@Suite struct LeapTests {
    @Test func aTrendNeedsMoreThanHalfOfTheNewestSteps() {
        var trend = LeapTrend(windowMax: 8)
        trend.note(step: 5)
        trend.note(step: 5)
        #expect(trend.next() == nil)  // two of four
        trend.note(step: 5)
        // Three of four, and the newest follows: one.
        #expect(trend.next()?.step == 5)
        trend.note(step: 900)
        trend.note(step: -3)
        // Two of four, three of eight: none.
        #expect(trend.next() == nil)
        for _ in 0..<3 { trend.note(step: 2) }
        #expect(trend.next()?.step == 2)
    }

    @Test func theWindowFollowsWhatWasUsedAndShrinksByHalf() {
        var trend = LeapTrend(windowMax: 8)
        for _ in 0..<4 { trend.note(step: 1) }
        #expect(trend.next()?.count == 1)
        trend.used(1)
        #expect(trend.next()?.count == 2)
        trend.used(2)
        #expect(trend.next()?.count == 4)
        trend.used(40)
        #expect(trend.next()?.count == 8)
        #expect(trend.next()?.count == 4)
        #expect(trend.next()?.count == 2)
        #expect(trend.next()?.count == 1)
    }

    @Test func pagesAreFetchedAlongTheStep() {
        var stream = LeapStream(.page, windowMax: 8)
        let size: Int64 = 1 << 20
        var wanted: [[Range<Int64>]] = []
        for page in stride(from: Int64(0), to: 40, by: 10) {
            let at = page * 4096
            wanted.append(stream.serve(at..<(at + 4096), outcomes: [.miss], fileSize: size))
        }
        // Steps 0, 10, 10, 10: at the fourth read, three of four.
        #expect(wanted == [[], [], [], [40 * 4096..<41 * 4096]])
        #expect(stream.serve(0..<4096, outcomes: [.hit], fileSize: size).isEmpty)
    }

    @Test func requestsAreFetchedWithTheirGap() {
        var stream = LeapStream(.request, windowMax: 8)
        var last: [Range<Int64>] = []
        for turn in 0..<4 {
            let at = Int64(turn) * 10_000
            last = stream.serve(at..<(at + 2000), outcomes: [.miss], fileSize: 1 << 20)
        }
        #expect(last == [40_000..<42_000])
    }
}
