import Model
import Testing

@testable import Foresight

@Suite struct LinkQueueTests {
    @Test func aHalfIsTheTargetAboveTheFloor() {
        var queue = LinkQueue()
        queue.note(.milliseconds(8), at: .seconds(1))
        #expect(queue.pressure(at: .seconds(1)) == 0)
        queue.note(.milliseconds(38), at: .seconds(2))
        #expect(abs(queue.pressure(at: .seconds(2)) - 1.0 / 3) < 1e-9, "30 / (30 + 60)")
        queue.note(.milliseconds(68), at: .seconds(3))
        #expect(abs(queue.pressure(at: .seconds(3)) - 0.5) < 1e-9, "60 / (60 + 60)")
        queue.note(.milliseconds(188), at: .seconds(4))
        #expect(abs(queue.pressure(at: .seconds(4)) - 0.75) < 1e-9, "180 / (180 + 60)")
        #expect(queue.floor == .milliseconds(8))
    }

    /// On a way of 200 ms, 60 more are nothing.
    @Test func aLongWayMayQueueForAsLongAsItIs() {
        var queue = LinkQueue()
        queue.note(.milliseconds(200), at: .seconds(1))
        queue.note(.milliseconds(300), at: .seconds(2))
        #expect(abs(queue.pressure(at: .seconds(2)) - 1.0 / 3) < 1e-9, "100 / (100 + 200)")
    }

    @Test func aWayThatBecameLongerIsBelievedAfterTenMinutes() {
        var queue = LinkQueue()
        queue.note(.milliseconds(8), at: .seconds(30))
        for second in 60..<600 { queue.note(.milliseconds(80), at: .seconds(second)) }
        #expect(queue.floor == .milliseconds(8))
        queue.note(.milliseconds(80), at: .seconds(600))
        #expect(queue.floor == .milliseconds(80))
        #expect(queue.pressure(at: .seconds(600)) == 0)
    }

    @Test func whatHasNotMovedForHalfAMinuteIsOld() {
        var queue = LinkQueue()
        queue.note(.milliseconds(8), at: .seconds(1))
        for second in 2..<40 {
            queue.note(.milliseconds(200), at: .seconds(second))
            let isOld = second >= 32
            #expect((queue.pressure(at: .seconds(second)) == 0) == isOld, "second \(second)")
        }
    }

    @Test func nothingMeasuredIsNoPressure() {
        var queue = LinkQueue()
        queue.note(.zero, at: .seconds(1))
        #expect(queue.floor == .zero)
        #expect(queue.pressure(at: .seconds(1)) == 0)
    }
}

@Suite struct GovernorTests {
    @Test func theMachineIsNamedBeforeTheNetwork() {
        var governor = Governor()
        #expect(governor.words == nil)
        governor.setLink(LinkState(roundTrip: .milliseconds(8)), at: .seconds(1))
        governor.setLink(LinkState(roundTrip: .milliseconds(188)), at: .seconds(2))
        #expect(governor.isLinkBusy && governor.restraint == nil)
        #expect(governor.words == "network is busy (75 %)")
        governor.setPressure(Pressure(disk: 0.7))
        #expect(governor.words == "disk is busy (70 %)")
        governor.setPressure(Pressure(memory: 0.8, processor: 0.7, disk: 0.6))
        #expect(governor.restraint == nil, "at the limit is not beyond it")
    }

    /// - Returns: bytes ahead of the first of two readers who take turns, as fast as they are answered.
    private func aheadOfTwo(roundTrip: Duration) -> Int64 {
        var feeder = Feeder()
        feeder.read(0, 128 * kibibyte, after: .seconds(1))
        feeder.foresight.setLink(LinkState(roundTrip: .milliseconds(9), bandwidth: 100e6))
        feeder.foresight.setLink(LinkState(roundTrip: roundTrip, bandwidth: 100e6))
        for step in 1..<512 {
            feeder.read(Int64(step) * 128 * kibibyte, 128 * kibibyte)
            feeder.read(Int64(step) * 128 * kibibyte, 128 * kibibyte, file: 2)
        }
        let first = feeder.issued.filter { $0.file == FileNumber(1) }
        return (first.last?.range.upperBound ?? 0) - 512 * 128 * kibibyte
    }

    /// 4 × 100 MB/s × 9 ms are 3.4 MiB, and a window ends on a chunk.
    @Test func whileTheLinkIsBusyWindowsAreWhatWouldKeepItFull() {
        let free = aheadOfTwo(roundTrip: .milliseconds(60))
        #expect(free > 16 * mebibyte)
        let busy = aheadOfTwo(roundTrip: .milliseconds(160))
        #expect(busy >= mebibyte && busy <= 4 * mebibyte + mebibyte / 2)
    }

    /// Nobody waits behind a lone reader; a copy gets all of the link.
    @Test func aLoneReaderKeepsTheWindow() {
        var feeder = Feeder()
        feeder.read(0, 128 * kibibyte, after: .seconds(1))
        feeder.foresight.setLink(LinkState(roundTrip: .milliseconds(9), bandwidth: 100e6))
        feeder.foresight.setLink(LinkState(roundTrip: .milliseconds(160), bandwidth: 100e6))
        for step in 1..<512 { feeder.read(Int64(step) * 128 * kibibyte, 128 * kibibyte) }
        let ahead = (feeder.issued.last?.range.upperBound ?? 0) - 512 * 128 * kibibyte
        #expect(ahead > 16 * mebibyte)
        #expect(feeder.foresight.report(at: feeder.now).restraint == "network is busy (71 %)")
    }

    /// The assumption of the start is no floor: a share that is far away is not a busy one.
    @Test func whatWasAssumedIsNotMeasured() {
        var feeder = Feeder()
        feeder.read(0, 4096, after: .seconds(1))
        feeder.foresight.setLink(LinkState(roundTrip: .milliseconds(300), bandwidth: 1e6))
        #expect(feeder.foresight.report(at: feeder.now).restraint == nil)
    }
}
