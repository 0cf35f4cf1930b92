import Testing

@testable import Share

@Suite struct LinkMeterTests {
    /// The others waited for what was under way before them.
    @Test func roundTripIsThatOfTheQuickestSmallOperations() {
        var meter = LinkMeter()
        #expect(meter.estimate.roundTrip == nil)
        for milliseconds in [80, 9, 100, 8, 120] {
            meter.began(at: .zero)
            meter.ended(bytes: 0, duration: .milliseconds(milliseconds), at: .seconds(1))
        }
        #expect(meter.estimate.roundTrip == .milliseconds(8))
        #expect(meter.estimate.bandwidth == nil)
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
