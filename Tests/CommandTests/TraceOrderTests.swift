import Control
import Testing

@testable import larder

@Suite struct TraceOrderTests {
    private func batch(_ times: [Int64], from sequence: UInt64 = 1) -> AccessBatch {
        var batch = AccessBatch(
            pid: 1, nowMicroseconds: 0, newest: 0,
            readers: [.init(program: "a", pid: 1, userID: 0)])
        batch.records = times.enumerated().map { index, time in
            AccessBatch.Record(
                sequence: sequence + UInt64(index), arrivedMicroseconds: time, operation: .read,
                file: 1, reader: index == 0 ? 99 : 0)
        }
        return batch
    }

    private let window = TraceOrder.windowMicroseconds

    @Test func holdsBackWhatMayBeOvertaken() {
        var order = TraceOrder()
        order.add(batch([30, 10, 20, window]))
        #expect(order.release(now: window).isEmpty)
        #expect(order.release(now: window + 20).map(\.time) == [10, 20])
        order.add(batch([25, 40], from: 5))
        #expect(order.release(now: 2 * window - 1).map(\.time) == [25, 30, 40])
        #expect(order.releaseAll().map(\.time) == [window])
        #expect(order.releaseAll().isEmpty)
        #expect(order.late == 0)
    }

    @Test func atOneTimeTheOrderIsThatOfTheAnswers() {
        var order = TraceOrder()
        order.add(batch([7, 7, 7], from: 4))
        order.add(batch([7], from: 1))
        #expect(order.releaseAll().map(\.record.sequence) == [1, 4, 5, 6])
    }

    @Test func whatComesTooLateIsCountedAndKeepsTheOrder() {
        var order = TraceOrder()
        order.add(batch([100, 200]))
        #expect(order.release(now: window + 150).map(\.time) == [100])
        order.add(batch([50], from: 3))
        let rest = order.releaseAll()
        #expect(rest.map(\.time) == [100, 200])
        #expect(rest.map(\.record.sequence) == [3, 2])
        #expect(order.late == 1)
    }

    @Test func holdsABoundedNumber() {
        var order = TraceOrder(heldMax: 2)
        order.add(batch([4, 3, 2, 1]))
        #expect(order.release(now: 4).map(\.time) == [1, 2])
        #expect(order.release(now: 4).isEmpty)
    }

    @Test func readersAreOfTheirBatch() {
        var order = TraceOrder()
        order.add(batch([1, 2]))
        var other = batch([3, 4], from: 3)
        other.readers = [.init(program: "b", pid: 2, userID: 0)]
        order.add(other)
        #expect(order.releaseAll().map(\.reader.program) == ["", "a", "", "b"])
    }
}
