import Testing

@testable import Share

@Suite struct LinkMeterTests {
    @Test func roundTripIsTheMedianOfSmallOperations() {
        var meter = LinkMeter()
        #expect(meter.estimate.roundTrip == nil)
        for milliseconds in [8, 9, 100, 7, 8] {
            meter.record(bytes: 0, duration: .milliseconds(milliseconds))
        }
        #expect(meter.estimate.roundTrip == .milliseconds(8))
    }

    @Test func bandwidthFollowsLargeReadsOnly() {
        var meter = LinkMeter()
        meter.record(bytes: 64 << 10, duration: .milliseconds(1))
        #expect(meter.estimate.bandwidthPerRequest == nil)
        for _ in 0..<50 { meter.record(bytes: 1 << 20, duration: .milliseconds(10)) }
        let bandwidth = meter.estimate.bandwidthPerRequest ?? 0
        #expect(abs(bandwidth - 104_857_600) < 1000)
        #expect(meter.estimate.operations == 51)
    }
}
