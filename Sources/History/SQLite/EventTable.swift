import Model
import Platform

/// A table of events: gives each one its row, in the order in which those of a millisecond come.
final class EventTable: Sendable {
    private let lastInRange: SQLiteStatement
    private let insertion: SQLiteStatement

    /// - Parameter columns: row, path, program and user, and what the table has behind them.
    init(_ name: String, columns: Int32, _ connection: SQLiteConnection) throws(SQLiteError) {
        lastInRange = try connection.prepare(
            "SELECT max(id) FROM \(name) WHERE id BETWEEN ?1 AND ?2")
        let values = (1...columns).map { "?\($0)" }.joined(separator: ", ")
        insertion = try connection.prepare("INSERT INTO \(name) VALUES(\(values))")
    }

    /// - Parameter rest: binds the columns from the fifth parameter on.
    func insert(
        _ time: Timestamp, _ path: Int64, _ program: Int64, _ user: UInt32,
        rest: (SQLiteStatement) throws(SQLiteError) -> Void
    ) throws(SQLiteError) {
        try insertion.bind(1, try freeKey(at: time).number)
        try insertion.bind(2, path)
        try insertion.bind(3, program)
        try insertion.bind(4, Int64(user))
        try rest(insertion)
        try insertion.run()
    }

    private func freeKey(at time: Timestamp) throws(SQLiteError) -> EventKey {
        var first = EventKey(firstAt: time)
        while true {
            defer { lastInRange.reset() }
            let last = first.lastOfMillisecond
            try lastInRange.bind(1, first.number)
            try lastInRange.bind(2, last.number)
            guard try lastInRange.step(), !lastInRange.isNull(0) else { return first }
            let taken = lastInRange.integer(0)
            if taken < last.number { return EventKey(number: taken + 1) }
            // 65,536 in one millisecond: the next one has room.
            first = EventKey(number: last.number + 1)
        }
    }
}
