import Model
import TestSupport
import Testing

@testable import History

/// Which reads become one record.
@Suite struct ReadJoinerTests {
    private static let piece: Int64 = 128 << 10

    private func add(
        _ joiner: inout ReadJoiner, _ range: Range<Int64>, handle: UInt64 = 1, at second: Int64 = 0,
        file: String = "film"
    ) -> HistoryEvent? {
        joiner.add(
            read(file, range, at: second, size: 1 << 40), range, fileSize: 1 << 40,
            handle: OpenHandle(handle), now: .seconds(second))
    }

    private func record(
        _ range: Range<Int64>, at second: Int64 = 0, file: String = "film"
    ) -> HistoryEvent { read(file, range, at: second, size: 1 << 40) }

    @Test func aFilmIsOneRecord() {
        var joiner = ReadJoiner()
        for number in 0..<1000 as Range<Int64> {
            let range = number * Self.piece..<(number + 1) * Self.piece
            #expect(add(&joiner, range, at: number / 100) == nil)
        }
        #expect(joiner.close(OpenHandle(1)) == [record(0..<1000 * Self.piece)])
        #expect(joiner.isEmpty)
        #expect(joiner.close(OpenHandle(1)).isEmpty)
    }

    /// As the kernel's threads do it: neighbours change places.
    @Test func piecesInAnotherOrderAreOneRecord() {
        var joiner = ReadJoiner()
        for number in [0, 2, 1, 3, 5, 6, 4, 7] as [Int64] {
            #expect(add(&joiner, number * 10..<number * 10 + 10, at: number) == nil)
        }
        #expect(joiner.takeAll() == [record(0..<80)])
    }

    /// The first two have changed places, and none comes after them.
    @Test func aPieceBeforeAnotherJoinsIt() {
        var joiner = ReadJoiner()
        #expect(add(&joiner, 10..<20) == nil)
        #expect(add(&joiner, 0..<10) == nil)
        #expect(joiner.takeAll() == [record(0..<20)])
    }

    @Test func jumpsAreRecordsOfTheirOwn() {
        var joiner = ReadJoiner()
        var finished: [HistoryEvent] = []
        for number in 0..<6 as Range<Int64> {
            if let record = add(&joiner, number * 100..<number * 100 + 10, at: number) {
                finished.append(record)
            }
        }
        #expect(finished == [record(0..<10), record(100..<110, at: 1)])
        #expect(joiner.close(OpenHandle(1)).count == 4)
    }

    @Test func handlesAndFilesAreKeptApart() {
        var joiner = ReadJoiner()
        _ = add(&joiner, 0..<10, handle: 1)
        _ = add(&joiner, 10..<20, handle: 2)
        // A number that is used again, for another file.
        _ = add(&joiner, 10..<20, handle: 1, file: "other")
        #expect(joiner.close(OpenHandle(1)) == [record(0..<10), record(10..<20, file: "other")])
        #expect(joiner.close(OpenHandle(2)) == [record(10..<20)])
    }

    @Test func whatRestsOrLastsIsFinished() {
        var joiner = ReadJoiner()
        _ = add(&joiner, 0..<10, handle: 1, at: 0)
        _ = add(&joiner, 0..<10, handle: 2, at: 3)
        #expect(joiner.takeFinished(now: .seconds(4)).isEmpty)
        #expect(joiner.takeFinished(now: .seconds(5)) == [record(0..<10)])
        // Read on all the time: for five minutes.
        for second in 4..<303 as Range<Int64> {
            _ = add(&joiner, second * 10..<second * 10 + 10, handle: 3, at: second)
            let finished = joiner.takeFinished(now: .seconds(second))
            #expect(finished.count == (second == 8 ? 1 : 0))
        }
        _ = add(&joiner, 3030..<3040, handle: 3, at: 303)
        #expect(joiner.takeFinished(now: .seconds(304)) == [record(40..<3040, at: 4)])
        #expect(joiner.isEmpty)
    }

    @Test func tooManyHandlesAreNotJoined() {
        var joiner = ReadJoiner()
        for handle in 0..<UInt64(ReadJoiner.handlesMax) {
            #expect(add(&joiner, 0..<10, handle: handle) == nil)
        }
        #expect(add(&joiner, 0..<10, handle: 9999) == record(0..<10))
        #expect(joiner.takeAll().count == ReadJoiner.handlesMax)
    }
}
