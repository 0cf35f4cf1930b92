import Testing

@testable import slowshare

@Suite struct LinkTests {
    private func expect(
        _ answer: Duration, _ expected: Duration, location: SourceLocation = #_sourceLocation
    ) {
        #expect(answer == expected, sourceLocation: location)
    }

    @Test func aSmallOperationCostsOneRoundTrip() {
        var link = Link(roundTrip: .milliseconds(8), bandwidth: 100e6)
        expect(link.answer(to: 0, sent: .seconds(5)), .seconds(5) + .milliseconds(8))
    }

    @Test func bytesTakeTheirTimeOnTheLine() {
        var link = Link(roundTrip: .milliseconds(8), bandwidth: 100e6)
        expect(link.answer(to: 1_000_000, sent: .zero), .milliseconds(18))
    }

    @Test func roundTripsOverlapAndTransfersDoNot() {
        var link = Link(roundTrip: .milliseconds(8), bandwidth: 100e6)
        let answers = (0..<4).map { _ in link.answer(to: 1_000_000, sent: .zero) }
        #expect(answers == [18, 28, 38, 48].map { Duration.milliseconds($0) })
        // Who brings no bytes need not wait for those who do.
        expect(link.answer(to: 0, sent: .zero), .milliseconds(8))
    }

    @Test func anIdleLineSavesNothingUp() {
        var link = Link(roundTrip: .milliseconds(8), bandwidth: 100e6)
        _ = link.answer(to: 1_000_000, sent: .zero)
        expect(link.answer(to: 1_000_000, sent: .seconds(9)), .seconds(9) + .milliseconds(18))
    }

    @Test func withoutBandwidthOnlyTheRoundTripCounts() {
        var link = Link(roundTrip: .milliseconds(8), bandwidth: nil)
        expect(link.answer(to: 1 << 30, sent: .zero), .milliseconds(8))
    }

    @Test func anotherBandwidthCountsFromNowOn() {
        var link = Link(roundTrip: .zero, bandwidth: 1e6)
        expect(link.answer(to: 1_000_000, sent: .zero), .seconds(1))
        link.setBandwidth(10e6, now: .milliseconds(100))
        expect(link.answer(to: 1_000_000, sent: .milliseconds(100)), .milliseconds(200))
    }
}
