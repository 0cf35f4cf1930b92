import Testing

@testable import View

/// How much of a write is taken while many wait, by hand.
@Suite struct WaitingBytesTests {
    private static let large = 1 << 20

    private func filled() -> (WaitingBytes, [WaitingBytes.Room]) {
        let bytes = WaitingBytes()
        let count = WaitingBytes.bytesMax / Self.large
        let rooms = (0..<count).map { _ in bytes.take(Self.large, at: 0, isWhole: false) }
        return (bytes, rooms)
    }

    @Test func writesAreTakenWholeWhileThereIsRoom() {
        let (bytes, rooms) = filled()
        #expect(rooms.allSatisfy { $0.count == Self.large })
        #expect(bytes.total == WaitingBytes.bytesMax)
    }

    @Test func thenTheyAreCutWhereAPageEnds() {
        let (bytes, rooms) = filled()
        for (offset, count) in [(0, 4096), (1, 8191), (4095, 4097), (4096, 4096), (10_000, 6384)] {
            let room = bytes.take(Self.large, at: Int64(offset), isWhole: false)
            #expect(room.count == count, "at \(offset)")
        }
        // Records and pages that are written back are whole, whatever waits.
        #expect(bytes.take(4096, at: 100, isWhole: false).count == 4096)
        #expect(bytes.take(Self.large, at: 0, isWhole: true).count == Self.large)
        #expect(bytes.take(Self.large, at: .max, isWhole: false).count == 4096)
        #expect(bytes.total == WaitingBytes.bytesMax)
        withExtendedLifetime(rooms) {}
    }

    @Test func whatIsLetGoIsRoomAgain() {
        var (bytes, rooms) = filled()
        rooms.removeLast()
        let next = bytes.take(Self.large, at: 0, isWhole: false)
        #expect(next.count == Self.large)
        rooms = []
        #expect(bytes.total == Self.large)
    }
}
