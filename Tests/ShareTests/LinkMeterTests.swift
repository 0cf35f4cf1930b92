import Testing

@testable import Share

@Suite struct LinkMeterTests {
    /// The others waited for what was under way before them.
    @Test func roundTripIsThatOfTheQuickestSmallOperations() {
        var meter = LinkMeter()
        #expect(meter.estimate.roundTrip == nil)
        for milliseconds in [80, 9, 100, 8, 120] {
            note(&meter, .milliseconds(milliseconds), .wire)
        }
        #expect(meter.estimate.roundTrip == .milliseconds(8))
        #expect(meter.estimate.bandwidth == nil)
    }

    private func note(
        _ meter: inout LinkMeter, _ duration: Duration, _ way: LinkMeter.Way, bytes: Int = 0
    ) {
        let start = meter.began(at: .zero, movesBytes: bytes > 0)
        meter.ended(start, bytes: bytes, at: duration, way: way)
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
            let read = meter.began(at: start, movesBytes: true)
            meter.ended(read, bytes: 1 << 20, at: start + .milliseconds(100), way: .wire)
        }
        #expect(meter.estimate.roundTrip == nil, "too large to tell")
        note(&meter, .milliseconds(14), .wire, bytes: 64 << 10)
        let roundTrip = meter.estimate.roundTrip ?? .zero
        #expect(roundTrip > .milliseconds(7.5) && roundTrip < .milliseconds(8))
    }

    /// Ten films begin at once: each one's first block waits for what is read ahead of the others, whatever verifies it goes
    /// past that, and nothing is known of the link yet.
    @Test func readsBehindOthersSayNoMoreThanThatARoundTripIsNoLonger() {
        var meter = LinkMeter()
        for round in 1...40 {
            let start = Duration.seconds(round)
            let ahead = meter.began(at: start, movesBytes: true)
            let behind = meter.began(at: start, movesBytes: true)
            let question = meter.began(at: start)
            let remembered = meter.began(at: start)
            meter.ended(remembered, bytes: 0, at: start + .microseconds(200))
            meter.ended(question, bytes: 0, at: start + .milliseconds(8))
            meter.ended(ahead, bytes: 4 << 20, at: start + .milliseconds(49))
            meter.ended(behind, bytes: 64 << 10, at: start + .milliseconds(50), way: .wire)
        }
        #expect(meter.estimate.roundTrip == .milliseconds(8))
        // Quicker than any before: that is news, whatever else is under way.
        _ = meter.began(at: .seconds(60), movesBytes: true)
        for _ in 0..<8 {
            let behind = meter.began(at: .seconds(60), movesBytes: true)
            meter.ended(behind, bytes: 4096, at: .seconds(60) + .milliseconds(2), way: .wire)
        }
        #expect((meter.estimate.roundTrip ?? .zero) <= .milliseconds(2))
    }

    /// One film from a cold cache: every read begins behind what is read ahead, from the first on.
    @Test func questionsCountThoughNoReadWasAlone() {
        var meter = LinkMeter()
        let ahead = meter.began(at: .zero, movesBytes: true)
        let behind = meter.began(at: .zero, movesBytes: true)
        meter.ended(behind, bytes: 64 << 10, at: .milliseconds(24), way: .wire)
        #expect(meter.estimate.roundTrip == nil)
        note(&meter, .microseconds(200), .unknown)
        #expect(meter.estimate.roundTrip == nil, "of the mount's memory")
        note(&meter, .milliseconds(8), .unknown)
        #expect(meter.estimate.roundTrip == .milliseconds(8))
        meter.ended(ahead, bytes: 4 << 20, at: .milliseconds(60), way: .wire)
        #expect(meter.estimate.roundTrip == .milliseconds(8))
    }

    @Test func bandwidthIsThatOfAllLanesTogether() {
        var meter = LinkMeter()
        // Ten reads of 1 MiB side by side, all done after 100 ms: 100 MiB/s, though each took 100 ms.
        for round in 0..<20 {
            let start = Duration.milliseconds(round * 1000)
            let reads = (0..<10).map { _ in meter.began(at: start, movesBytes: true) }
            for read in reads {
                meter.ended(read, bytes: 1 << 20, at: start + .milliseconds(100))
            }
        }
        #expect(abs((meter.estimate.bandwidth ?? 0) - 104_857_600) < 1000)
        #expect(meter.estimate.operations == 200)
    }
}
