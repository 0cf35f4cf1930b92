import Control

/// Brings records into the order of their arrival: they come in the order of their answers, and an
/// answer may take long. A pure value that is told the time.
struct TraceOrder {
    /// With its reader, as the number in the record is of one batch only.
    struct Entry: Equatable {
        var record: AccessBatch.Record
        var reader: AccessBatch.Reader
        /// Microseconds, of the daemon's clock; that of the record unless it came too late.
        var time: Int64
    }

    /// Held back for those that are answered later.
    static let windowMicroseconds: Int64 = 5_000_000
    /// Held back at most, whatever the window: about 30 MB.
    static let heldMax = 1 << 18

    private let heldMax: Int
    private var held: [Entry] = []
    private var lastTime = Int64.min
    /// Records that were answered so late that later ones were let go before them. They get the time of the
    /// last of those: the order is what the format promises.
    private(set) var late = 0

    init(heldMax: Int = heldMax) {
        self.heldMax = heldMax
    }

    mutating func add(_ batch: AccessBatch) {
        let nobody = AccessBatch.Reader(program: "", pid: 0, userID: 0)
        for record in batch.records {
            let isKnown = batch.readers.indices.contains(record.reader)
            held.append(
                Entry(
                    record: record, reader: isKnown ? batch.readers[record.reader] : nobody,
                    time: record.arrivedMicroseconds))
        }
    }

    /// - Parameter now: of the daemon's clock, when it was asked last.
    /// - Returns: those that nothing is expected before any more, in order.
    mutating func release(now: Int64) -> [Entry] {
        let limit = now - Self.windowMicroseconds
        sort()
        let ripe = held.firstIndex { $0.time > limit } ?? held.endIndex
        return take(max(ripe, held.count - heldMax))
    }

    /// Everything, at the end.
    mutating func releaseAll() -> [Entry] {
        sort()
        return take(held.count)
    }

    private mutating func sort() {
        held.sort { ($0.time, $0.record.sequence) < ($1.time, $1.record.sequence) }
    }

    private mutating func take(_ count: Int) -> [Entry] {
        var taken = Array(held.prefix(count))
        held.removeFirst(count)
        for index in taken.indices {
            if taken[index].time < lastTime {
                taken[index].time = lastTime
                late += 1
            }
            lastTime = taken[index].time
        }
        return taken
    }
}
