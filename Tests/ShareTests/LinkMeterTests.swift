import Testing

@testable import Share

@Suite struct LinkMeterTests {
    /// The others waited for what was under way before them.
    @Test func roundTripIsThatOfTheQuickestSmallOperations() {
        var meter = LinkMeter()
        #expect(meter.estimate.roundTrip == nil)
        for milliseconds in [80, 9, 100, 8, 120] {
            meter.began(at: .zero)
            meter.ended(
                bytes: 0, duration: .milliseconds(milliseconds), at: .seconds(1), way: .wire)
        }
        #expect(meter.estimate.roundTrip == .milliseconds(8))
        #expect(meter.estimate.bandwidth == nil)
    }

    private func note(
        _ meter: inout LinkMeter, _ duration: Duration, _ way: LinkMeter.Way, bytes: Int = 0
    ) {
        meter.began(at: .zero)
        meter.ended(bytes: bytes, duration: duration, at: .seconds(1), way: way)
    }

    /// What the share's own mount answers from its memory is no round trip.
    @Test func answersOfTheMountItselfDoNotCount() {
        var meter = LinkMeter()
        for _ in 0..<200 { note(&meter, .microseconds(40), .unknown) }
        #expect(meter.estimate.roundTrip == nil)
        for _ in 0..<5 { note(&meter, .milliseconds(8), .wire) }
        for _ in 0..<200 { note(&meter, .microseconds(40), .unknown) }
        #expect(meter.estimate.roundTrip == .milliseconds(8))
        // Questions that did go there tell of a link that has become slow.
        for _ in 0..<64 { note(&meter, .milliseconds(30), .unknown) }
        #expect(meter.estimate.roundTrip == .milliseconds(30))
        // Another network: quicker by far.
        for _ in 0..<64 { note(&meter, .microseconds(300), .wire) }
        #expect(meter.estimate.roundTrip == .microseconds(300))
    }

    /// Documents are read whole: of that the link's speed is taken off.
    @Test func theTimeOfTheBytesIsNoRoundTrip() {
        var meter = LinkMeter()
        for round in 0..<20 {
            let start = Duration.seconds(round)
            meter.began(at: start)
            meter.ended(
                bytes: 1 << 20, duration: .milliseconds(100), at: start + .milliseconds(100),
                way: .wire)
        }
        #expect(meter.estimate.roundTrip == nil, "too large to tell")
        note(&meter, .milliseconds(14), .wire, bytes: 64 << 10)
        let roundTrip = meter.estimate.roundTrip ?? .zero
        #expect(roundTrip > .milliseconds(7.5) && roundTrip < .milliseconds(8))
    }

    @Test func bandwidthIsThatOfAllLanesTogether() {
        var meter = LinkMeter()
        // Ten reads of 1 MiB side by side, all done after 100 ms: 100 MiB/s, though each took 100 ms.
        for round in 0..<20 {
            let start = Duration.milliseconds(round * 1000)
            for _ in 0..<10 { meter.began(at: start) }
            for _ in 0..<10 {
                meter.ended(
                    bytes: 1 << 20, duration: .milliseconds(100), at: start + .milliseconds(100))
            }
        }
        #expect(abs((meter.estimate.bandwidth ?? 0) - 104_857_600) < 1000)
        #expect(meter.estimate.operations == 200)
    }
}
