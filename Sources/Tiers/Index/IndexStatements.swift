import Model
import Platform

/// The writing connection with its statements; belongs to the index thread.
final class IndexStatements {
    private let connection: SQLiteConnection
    private let putObject: SQLiteStatement
    private let putChunk: SQLiteStatement
    private let putUsage: SQLiteStatement
    private let updateUsage: SQLiteStatement
    private let removeObject: SQLiteStatement
    private let removeChunks: SQLiteStatement
    private let removeUsage: SQLiteStatement
    private let putListing: SQLiteStatement
    private let removeListing: SQLiteStatement
    private let removeListingsBelow: SQLiteStatement
    private let putState: SQLiteStatement
    private let state: SQLiteStatement

    /// Free pages from which the file is made smaller, and by how many at a time.
    private static let freePagesMin: Int64 = 2048
    private static let freePagesStep = 512

    init(_ connection: SQLiteConnection) throws(SQLiteError) {
        self.connection = connection
        putObject = try connection.prepare("INSERT OR REPLACE INTO objects VALUES(?1, ?2, ?3, ?4)")
        putChunk = try connection.prepare("INSERT OR REPLACE INTO chunks VALUES(?1, ?2)")
        putUsage = try connection.prepare("INSERT OR REPLACE INTO usage VALUES(?1, ?2)")
        updateUsage = try connection.prepare("UPDATE usage SET record = ?2 WHERE id = ?1")
        removeObject = try connection.prepare("DELETE FROM objects WHERE id = ?1")
        removeChunks = try connection.prepare("DELETE FROM chunks WHERE id BETWEEN ?1 AND ?2")
        removeUsage = try connection.prepare("DELETE FROM usage WHERE id BETWEEN ?1 AND ?2")
        putListing = try connection.prepare("INSERT OR REPLACE INTO listings VALUES(?1, ?2)")
        removeListing = try connection.prepare("DELETE FROM listings WHERE path = ?1")
        removeListingsBelow = try connection.prepare(
            "DELETE FROM listings WHERE path >= ?1 AND path < ?2")
        putState = try connection.prepare("INSERT OR REPLACE INTO state VALUES(1, ?1)")
        state = try connection.prepare("SELECT record FROM state WHERE id = 1")
    }

    /// Applies everything or nothing.
    ///
    /// - Parameter isLasting: returns only when the disk has it, and all that was committed before.
    func commit(
        _ operations: [IndexOperation], _ listings: [(path: [UInt8], record: [UInt8]?)],
        removedBelow: [[UInt8]], state record: TierRecord, isLasting: Bool
    ) throws(SQLiteError) {
        try transaction(isLasting: isLasting) { () throws(SQLiteError) in
            for operation in operations { try apply(operation) }
            for path in removedBelow { try removeListings(below: path) }
            for (path, record) in listings {
                let statement = record == nil ? removeListing : putListing
                try statement.bind(1, path)
                if let record { try statement.bind(2, record) }
                try statement.run()
            }
            try put(record)
        }
    }

    /// Writes the tier's row and waits until the disk has it.
    func commitDurably(_ record: TierRecord) throws(SQLiteError) {
        try transaction(isLasting: true) { () throws(SQLiteError) in try put(record) }
    }

    private func transaction(
        isLasting: Bool, _ body: () throws(SQLiteError) -> Void
    ) throws(SQLiteError) {
        guard isLasting else { return try connection.transaction(body) }
        try connection.execute("PRAGMA synchronous = FULL")
        defer { try? connection.execute("PRAGMA synchronous = NORMAL") }
        try connection.transaction(body)
    }

    private func put(_ record: TierRecord) throws(SQLiteError) {
        try putState.bind(1, record.encoded())
        try putState.run()
    }

    private func apply(_ operation: IndexOperation) throws(SQLiteError) {
        switch operation {
        case .putObject(let row, let object):
            try putObject.bind(1, row.number)
            try putObject.bind(2, object.identity.key.indexHash)
            try putObject.bind(3, object.identity.path.indexHash)
            try putObject.bind(4, ObjectRecord.encoded(object.described, row: row))
            try putObject.run()
        case .putChunk(let row, let entry, let usage, let object):
            try putChunk.bind(1, row.number)
            try putChunk.bind(2, entry.encoded(seed: object.recordSeed(row.chunk)))
            try putChunk.run()
            try putUsage.bind(1, row.number)
            try putUsage.bind(2, usage.encoded(row: row))
            try putUsage.run()
        case .updateUsage(let row, let usage):
            try updateUsage.bind(1, row.number)
            try updateUsage.bind(2, usage.encoded(row: row))
            try updateUsage.run()
        case .removeChunk(let row, _):
            try remove(row.number...row.number)
        case .removeObject(let row, _):
            try remove(row.chunkKeys)
            try removeObject.bind(1, row.number)
            try removeObject.run()
        }
    }

    private func remove(_ range: ClosedRange<Int64>) throws(SQLiteError) {
        for statement in [removeChunks, removeUsage] {
            try statement.bind(1, range.lowerBound)
            try statement.bind(2, range.upperBound)
            try statement.run()
        }
    }

    private func removeListings(below path: [UInt8]) throws(SQLiteError) {
        if path.isEmpty {
            try connection.execute("DELETE FROM listings")
            return
        }
        try removeListing.bind(1, path)
        try removeListing.run()
        // Everything that starts with "path/"; 0x30 is the byte behind the slash.
        try removeListingsBelow.bind(1, path + [0x2F])
        try removeListingsBelow.bind(2, path + [0x30])
        try removeListingsBelow.run()
    }

    /// What the last session left; nil when there is no such row, or its seal does not hold.
    func tierRecord() throws(SQLiteError) -> TierRecord? {
        defer { state.reset() }
        guard try state.step() else { return nil }
        return state.withBytes(0) { TierRecord($0) }
    }

    /// Largest object row in use, 0 in an empty index. Two look-ups at the ends of two tables.
    func lastRow() throws(SQLiteError) -> Int64 {
        let object = try connection.integer("SELECT max(id) FROM objects") ?? 0
        let chunk = try connection.integer("SELECT max(id) FROM chunks") ?? 0
        return max(object, chunk >> 32, 0)
    }

    /// Gives free pages back to the file system, some at a time.
    func shrink() throws(SQLiteError) {
        guard let free = try connection.integer("PRAGMA freelist_count"), free >= Self.freePagesMin
        else { return }
        try connection.execute("PRAGMA incremental_vacuum(\(Self.freePagesStep))")
    }

    /// Moves the WAL into the main file and empties it.
    func checkpoint() throws(SQLiteError) {
        try connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    }
}
