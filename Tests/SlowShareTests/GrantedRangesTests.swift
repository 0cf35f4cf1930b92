import Fuse
import Testing

@testable import slowshare

@Suite struct GrantedRangesTests {
    private func lock(_ kind: FuseLock.Kind, _ start: Int64, _ length: Int64) -> FuseLock {
        FuseLock(kind: kind, start: start, length: length, processID: 1)
    }

    @Test func unlockingTheMiddleLeavesBothEnds() {
        var ranges = GrantedRanges()
        ranges.set(lock(.write, 0, 100))
        ranges.set(lock(.unlock, 40, 20))
        #expect(ranges.ranges == [0..<40, 60..<100])
        #expect(!ranges.overlap(start: 40, length: 20))
        #expect(ranges.overlap(start: 59, length: 2))
    }

    @Test func lengthZeroReachesToTheEnd() {
        var ranges = GrantedRanges()
        ranges.set(lock(.read, 10, 0))
        #expect(ranges.overlap(start: .max - 1, length: 1))
        ranges.set(lock(.unlock, 0, 0))
        #expect(ranges.ranges.isEmpty)
    }

    @Test func lockingTwiceHoldsOnce() {
        var ranges = GrantedRanges()
        ranges.set(lock(.read, 0, 10))
        ranges.set(lock(.write, 0, 10))
        #expect(ranges.ranges == [0..<10])
    }
}
