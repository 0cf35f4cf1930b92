import Model
import Platform

/// Removes the oldest events in bounded steps, and with the last event of a file what is known of it.
struct HistoryTrim {
    /// Events of one table that go in one step, at most.
    static let rowsMax: Int64 = 100
    /// Pages that one step gives back to the file system, at most.
    static let pagesMax: Int64 = 64

    private static let tables = ["opens", "reads", "listings"]

    let writer: HistoryWriter

    private var connection: SQLiteConnection { writer.connection }

    /// - Returns: whether another step would find something to do.
    func step(before: Timestamp, bytesMax: ByteCount) throws(SQLiteError) -> Bool {
        let old = EventKey(firstAt: before)
        let isTooLarge = try writer.usedBytes() > bytesMax
        var hasMore = false
        if let end = try cutoff(old: old, isTooLarge: isTooLarge) {
            try connection.transaction { () throws(SQLiteError) in try remove(through: end) }
            hasMore = true
        }
        return try writer.shrink(pagesMax: Self.pagesMax) > 0 || hasMore
    }

    /// The last row that goes in this step: of no table more than ``rowsMax`` rows, and nothing that is younger than what
    /// stays. Nil when nothing is to go.
    private func cutoff(old: EventKey, isTooLarge: Bool) throws(SQLiteError) -> EventKey? {
        var first: Int64?
        var bound: Int64?
        for table in Self.tables {
            let oldest = try connection.integer("SELECT id FROM \(table) ORDER BY id LIMIT 1")
            guard let oldest else { continue }
            first = min(first ?? oldest, oldest)
            let last =
                try connection.integer(
                    "SELECT id FROM \(table) ORDER BY id LIMIT 1 OFFSET \(Self.rowsMax - 1)")
            // A table with fewer rows bounds nothing: all of them may go.
            if let last { bound = min(bound ?? last, last) }
        }
        guard let first else { return nil }
        if isTooLarge { return EventKey(number: bound ?? .max) }
        guard first < old.number else { return nil }
        return EventKey(number: min(bound ?? .max, old.number - 1))
    }

    private func remove(through end: EventKey) throws(SQLiteError) {
        var affected: Set<Int64> = []
        for table in Self.tables {
            let rows = try connection.prepare(
                "SELECT DISTINCT path FROM \(table) WHERE id <= ?1")
            try rows.bind(1, end.number)
            while try rows.step() { affected.insert(rows.integer(0)) }
            let removal = try connection.prepare("DELETE FROM \(table) WHERE id <= ?1")
            try removal.bind(1, end.number)
            try removal.run()
        }
        for path in affected.sorted() { try writer.paths.removeIfUnused(path) }
    }
}
