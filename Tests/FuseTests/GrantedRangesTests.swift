import Testing

@testable import Fuse

@Suite struct GrantedRangesTests {
    private func lock(_ kind: FuseLock.Kind, _ start: Int64, _ length: Int64) -> FuseLock {
        FuseLock(kind: kind, start: start, length: length, processID: 1)
    }

    private func pieces(_ ranges: GrantedRanges) -> [Range<Int64>] { ranges.pieces.map(\.range) }

    @Test func unlockingTheMiddleLeavesBothEnds() {
        var ranges = GrantedRanges()
        ranges.set(lock(.write, 0, 100))
        ranges.set(lock(.unlock, 40, 20))
        #expect(pieces(ranges) == [0..<40, 60..<100])
        #expect(!ranges.overlaps(40..<60))
        #expect(ranges.overlaps(59..<61))
    }

    @Test func lengthZeroReachesToTheEnd() {
        var ranges = GrantedRanges()
        ranges.set(lock(.read, 10, 0))
        #expect(ranges.overlaps((.max - 1)..<(.max)))
        ranges.set(lock(.unlock, 0, 0))
        #expect(ranges.isEmpty)
    }

    @Test func lockingTwiceHoldsOnce() {
        var ranges = GrantedRanges()
        ranges.set(lock(.read, 0, 10))
        ranges.set(lock(.write, 0, 10))
        #expect(ranges.pieces == [GrantedRanges.Piece(range: 0..<10, kind: .write)])
    }

    @Test func theStateOfARangeHasNoGaps() {
        var ranges = GrantedRanges()
        ranges.set(lock(.write, 20, 10))
        ranges.set(lock(.read, 0, 15))
        ranges.set(lock(.write, 5, 5))
        #expect(pieces(ranges) == [0..<5, 5..<10, 10..<15, 20..<30])
        #expect(
            ranges.state(in: 3..<25).map { "\($0.range) \($0.kind)" } == [
                "3..<5 read", "5..<10 write", "10..<15 read", "15..<20 unlock", "20..<25 write",
            ])
        #expect(ranges.state(in: 40..<50).map(\.kind) == [.unlock])
    }

    /// Against a byte map.
    @Test func anySequenceOfLocks() {
        for seed in 0..<200 {
            var generator = SystemRandomNumberGenerator()
            var ranges = GrantedRanges()
            var map = [FuseLock.Kind](repeating: .unlock, count: 64)
            var history: [String] = []
            for _ in 0..<30 {
                let start = Int.random(in: 0..<60, using: &generator)
                let length = Int.random(in: 0...(64 - start), using: &generator)
                let kind: FuseLock.Kind =
                    [.read, .write, .unlock].randomElement(using: &generator) ?? .read
                history.append("\(kind) \(start) \(length)")
                ranges.set(lock(kind, Int64(start), Int64(length)))
                for at in start..<(length == 0 ? 64 : start + length) { map[at] = kind }
                let found = ranges.state(in: 0..<64).flatMap { piece in
                    piece.range.map { _ in piece.kind }
                }
                guard found == map else {
                    Issue.record("\(seed): \(history)")
                    return
                }
            }
        }
    }
}
