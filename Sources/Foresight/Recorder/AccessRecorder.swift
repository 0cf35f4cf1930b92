/// The last ``capacity`` accesses, in the order in which they were answered.
///
/// A ring that is filled once and then overwritten: no allocation per record. Whoever exports asks again and again
/// for what came after the last record that he has, and is told how many he missed.
public struct AccessRecorder: Sendable {
    /// 64 Ki records of about 120 bytes.
    public static let capacityDefault = 1 << 16

    public let capacity: Int
    private var ring: [AccessRecord] = []
    /// Number of the newest record; 0 before the first.
    public private(set) var newest: UInt64 = 0

    public init(capacity: Int = Self.capacityDefault) {
        precondition(capacity > 0)
        self.capacity = capacity
    }

    public mutating func append(_ record: AccessRecord) {
        newest += 1
        var record = record
        record.sequence = newest
        if ring.count < capacity {
            ring.append(record)
        } else {
            ring[Int((newest - 1) % UInt64(capacity))] = record
        }
    }

    /// - Parameter after: number of the last record that the asker has; 0 for all that are kept.
    /// - Returns: at most `max` records, oldest first, and how many between were overwritten before they were asked for.
    public func records(after: UInt64, max: Int) -> (records: [AccessRecord], lost: UInt64) {
        guard newest > after else { return ([], 0) }
        let oldest = newest - UInt64(ring.count) + 1
        let first = Swift.max(after + 1, oldest)
        let last = min(newest, first + UInt64(Swift.max(0, max)) - 1)
        guard last >= first else { return ([], first - after - 1) }
        let records = (first...last).map { ring[Int(($0 - 1) % UInt64(capacity))] }
        return (records, first - after - 1)
    }
}
