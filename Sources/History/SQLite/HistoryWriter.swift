import Model
import Platform

/// The writing connection with its statements. Used by one thread at a time (``SQLiteHistory``).
final class HistoryWriter: Sendable {
    /// Names of programs that are kept; what comes under another name then is kept without one.
    static let programsMax = 10_000

    let connection: SQLiteConnection
    let paths: PathRows
    private let programByName: SQLiteStatement
    private let programCount: SQLiteStatement
    private let insertProgram: SQLiteStatement
    private let opens: EventTable
    private let reads: EventTable
    private let listings: EventTable
    private let use: SQLiteStatement
    private let putUse: SQLiteStatement
    private let oldReads: SQLiteStatement
    private let removeReads: SQLiteStatement

    init(_ connection: SQLiteConnection) throws(SQLiteError) {
        self.connection = connection
        paths = try PathRows(connection)
        programByName = try connection.prepare("SELECT id FROM programs WHERE name = ?1")
        programCount = try connection.prepare("SELECT count(*) FROM programs")
        insertProgram = try connection.prepare(
            "INSERT INTO programs(name) VALUES(?1) RETURNING id")
        opens = try EventTable("opens", columns: 5, connection)
        reads = try EventTable("reads", columns: 7, connection)
        listings = try EventTable("listings", columns: 4, connection)
        use = try connection.prepare("SELECT \(UseColumns.names) FROM uses u WHERE u.path = ?1")
        putUse = try connection.prepare(UseColumns.insertion)
        oldReads = try connection.prepare(
            "SELECT id FROM reads WHERE path = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2")
        removeReads = try connection.prepare("DELETE FROM reads WHERE path = ?1 AND id <= ?2")
    }

    /// Adds all or nothing.
    func append(_ events: [HistoryEvent]) throws(SQLiteError) {
        try connection.transaction { () throws(SQLiteError) in
            var batch = Batch()
            for event in events { try add(event, to: &batch) }
            for (path, row) in batch.paths {
                guard let use = batch.uses[path] else { continue }
                try putUse.bind(1, row)
                try UseColumns.bind(use, to: putUse)
                try putUse.run()
            }
            for row in batch.withReads { try boundReads(of: row) }
        }
    }

    /// What was looked up for the events of one transaction.
    private struct Batch {
        var paths: [RelativePath: Int64] = [:]
        var programs: [Name: Int64] = [:]
        var uses: [RelativePath: FileUse] = [:]
        var withReads: Set<Int64> = []
    }

    private func add(_ event: HistoryEvent, to batch: inout Batch) throws(SQLiteError) {
        // Nothing was read: no record, and no path that none refers to.
        if case .read(let range, _) = event.action, range.clamped(to: 0..<Int64.max).isEmpty {
            return
        }
        let path = try paths.row(of: event.path, known: &batch.paths)
        let program = try programRow(event.program, known: &batch.programs)
        if case .list = event.action {
        } else {
            if batch.uses[event.path] == nil {
                batch.uses[event.path] = try storedUse(row: path, event.path)
            }
            batch.uses[event.path]?.add(event)
        }
        switch event.action {
        case .open(let fileSize):
            try opens.insert(event.time, path, program, event.userID) { row throws(SQLiteError) in
                try row.bind(5, fileSize.map { max(0, $0) } ?? -1)
            }
        case .read(let range, let fileSize):
            let range = range.clamped(to: 0..<Int64.max)
            try reads.insert(event.time, path, program, event.userID) { row throws(SQLiteError) in
                try row.bind(5, fileSize.map { max(0, $0) } ?? -1)
                try row.bind(6, range.lowerBound)
                try row.bind(7, Int64(range.count))
            }
            batch.withReads.insert(path)
        case .list:
            try listings.insert(event.time, path, program, event.userID) { _ in }
        }
    }

    private func storedUse(row: Int64, _ path: RelativePath) throws(SQLiteError) -> FileUse {
        defer { use.reset() }
        try use.bind(1, row)
        guard try use.step() else { return FileUse(path: path) }
        return try UseColumns.use(of: path, use, from: 0)
    }

    private func programRow(
        _ name: Name, known: inout [Name: Int64]
    ) throws(SQLiteError) -> Int64 {
        guard !name.bytes.isEmpty else { return 0 }
        if let row = known[name] { return row }
        defer {
            programByName.reset()
            programCount.reset()
            insertProgram.reset()
        }
        try programByName.bind(1, name.bytes)
        var row: Int64 = 0
        if try programByName.step() {
            row = programByName.integer(0)
        } else if try programCount.step(), programCount.integer(0) < Self.programsMax {
            try insertProgram.bind(1, name.bytes)
            while try insertProgram.step() { row = insertProgram.integer(0) }
        }
        known[name] = row
        return row
    }

    private func boundReads(of path: Int64) throws(SQLiteError) {
        defer { oldReads.reset() }
        try oldReads.bind(1, path)
        try oldReads.bind(2, Int64(SQLiteHistory.readsPerFileMax))
        guard try oldReads.step() else { return }
        try removeReads.bind(1, path)
        try removeReads.bind(2, oldReads.integer(0))
        try removeReads.run()
    }

    // MARK: - The file

    /// Bytes of the pages that hold something.
    func usedBytes() throws(SQLiteError) -> ByteCount {
        let pages = try connection.integer("PRAGMA page_count") ?? 0
        let free = try connection.integer("PRAGMA freelist_count") ?? 0
        let size = try connection.integer("PRAGMA page_size") ?? 0
        return ByteCount((pages - free) * size)
    }

    /// Gives free pages back to the file system, at most so many.
    ///
    /// - Returns: how many are left.
    func shrink(pagesMax: Int64) throws(SQLiteError) -> Int64 {
        guard let free = try connection.integer("PRAGMA freelist_count"), free > 0 else { return 0 }
        try connection.execute("PRAGMA incremental_vacuum(\(pagesMax))")
        return try connection.integer("PRAGMA freelist_count") ?? 0
    }

    /// Moves the log into the file and empties it, also of what was forgotten.
    ///
    /// - Throws: `busy` where somebody still reads what the log has.
    func emptyLog() throws(SQLiteError) {
        guard try connection.integer("PRAGMA wal_checkpoint(TRUNCATE)") == 0 else {
            throw SQLiteError.heldByReader
        }
    }
}
