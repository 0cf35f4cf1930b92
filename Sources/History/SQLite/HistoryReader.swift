import Model
import Platform

/// One reading connection with its statements. Used by one thread at a time (``SQLiteReaders``).
final class HistoryReader: Sendable {
    /// At a time.
    static let lentMax = 4

    private let connection: SQLiteConnection
    private let pathsByHash: SQLiteStatement
    private let useByPath: SQLiteStatement
    private let usesByOpens: SQLiteStatement
    private let opensInRange: SQLiteStatement
    private let opensByPath: SQLiteStatement
    private let readsByPath: SQLiteStatement

    init(_ connection: SQLiteConnection) throws(SQLiteError) {
        self.connection = connection
        pathsByHash = try connection.prepare("SELECT id, path FROM paths WHERE hash = ?1")
        useByPath = try connection.prepare(
            "SELECT \(UseColumns.names) FROM uses u WHERE u.path = ?1")
        usesByOpens = try connection.prepare(
            """
            SELECT p.path, \(UseColumns.names) FROM uses u CROSS JOIN paths p ON p.id = u.path
            WHERE u.opens > 0 ORDER BY u.opens DESC, u.path DESC LIMIT ?1
            """)
        // CROSS JOIN keeps SQLite from starting with another table than the first.
        opensInRange = try connection.prepare(
            """
            SELECT o.id, o.user, o.size, g.name, o.path, p.path
            FROM opens o CROSS JOIN paths p ON p.id = o.path LEFT JOIN programs g ON g.id = o.program
            WHERE o.id >= ?1 AND o.id < ?2 ORDER BY o.id LIMIT ?3
            """)
        opensByPath = try connection.prepare(
            """
            SELECT o.id, o.user, o.size, g.name FROM opens o
            LEFT JOIN programs g ON g.id = o.program
            WHERE o.path = ?1 ORDER BY o.id DESC LIMIT ?2
            """)
        readsByPath = try connection.prepare(
            """
            SELECT r.id, r.user, r.size, g.name, r.start, r.length FROM reads r
            LEFT JOIN programs g ON g.id = r.program
            WHERE r.path = ?1 ORDER BY r.id DESC LIMIT ?2
            """)
    }

    func use(of path: RelativePath) throws(SQLiteError) -> FileUse? {
        try snapshot { () throws(SQLiteError) -> FileUse? in
            guard let row = try row(of: path) else { return nil }
            defer { useByPath.reset() }
            try useByPath.bind(1, row)
            guard try useByPath.step() else { return nil }
            return try UseColumns.use(of: path, useByPath, from: 0)
        }
    }

    func mostOpened(limit: Int) throws(SQLiteError) -> [FileUse] {
        defer { usesByOpens.reset() }
        try usesByOpens.bind(1, Int64(limit))
        var found: [FileUse] = []
        while try usesByOpens.step() {
            let path = try RelativePath(stored: usesByOpens.bytes(0))
            found.append(try UseColumns.use(of: path, usesByOpens, from: 1))
        }
        return found
    }

    /// - Parameter rows: from the first to before the last.
    func opens(in rows: Range<EventKey>, limit: Int) throws(SQLiteError) -> OpenPage {
        defer { opensInRange.reset() }
        try opensInRange.bind(1, rows.lowerBound.number)
        try opensInRange.bind(2, rows.upperBound.number)
        // One more than asked for tells whether there is another page.
        try opensInRange.bind(3, Int64(limit) + 1)
        var page = OpenPage(opens: [], next: nil)
        var paths: [Int64: RelativePath] = [:]
        while try opensInRange.step() {
            let key = EventKey(number: opensInRange.integer(0))
            if page.opens.count == limit {
                page.next = HistoryCursor(key: key)
                break
            }
            let pathRow = opensInRange.integer(4)
            let path: RelativePath
            if let known = paths[pathRow] {
                path = known
            } else {
                path = try RelativePath(stored: opensInRange.bytes(5))
                paths[pathRow] = path
            }
            page.opens.append(event(.open(fileSize: size(opensInRange)), path, opensInRange))
        }
        return page
    }

    func opens(of path: RelativePath, limit: Int) throws(SQLiteError) -> [HistoryEvent] {
        try events(opensByPath, of: path, limit: limit) { statement throws(SQLiteError) in
            .open(fileSize: size(statement))
        }
    }

    func reads(of path: RelativePath, limit: Int) throws(SQLiteError) -> [HistoryEvent] {
        try events(readsByPath, of: path, limit: limit) { statement throws(SQLiteError) in
            let (start, length) = (statement.integer(4), statement.integer(5))
            let (end, isTooMuch) = start.addingReportingOverflow(length)
            guard start >= 0, length >= 0, !isTooMuch else {
                throw SQLiteError(damage: "a read that cannot be")
            }
            return .read(start..<end, fileSize: size(statement))
        }
    }

    private func events(
        _ statement: SQLiteStatement, of path: RelativePath, limit: Int,
        _ action: (SQLiteStatement) throws(SQLiteError) -> HistoryEvent.Action
    ) throws(SQLiteError) -> [HistoryEvent] {
        try snapshot { () throws(SQLiteError) -> [HistoryEvent] in
            guard let row = try row(of: path) else { return [] }
            defer { statement.reset() }
            try statement.bind(1, row)
            try statement.bind(2, Int64(limit))
            var found: [HistoryEvent] = []
            while try statement.step() {
                found.append(event(try action(statement), path, statement))
            }
            return found
        }
    }

    /// The columns that all of them have: row, user, size, program.
    private func event(
        _ action: HistoryEvent.Action, _ path: RelativePath, _ statement: SQLiteStatement
    ) -> HistoryEvent {
        HistoryEvent(
            action, path: path, program: Name(statement.bytes(3)),
            userID: UInt32(truncatingIfNeeded: statement.integer(1)),
            time: EventKey(number: statement.integer(0)).time)
    }

    private func size(_ statement: SQLiteStatement) -> Int64? {
        let size = statement.integer(2)
        return size < 0 ? nil : size
    }

    private func row(of path: RelativePath) throws(SQLiteError) -> Int64? {
        defer { pathsByHash.reset() }
        try pathsByHash.bind(1, path.rowHash)
        let bytes = path.bytes
        while try pathsByHash.step() {
            if pathsByHash.bytes(1) == bytes { return pathsByHash.integer(0) }
        }
        return nil
    }

    /// Runs look-ups that must see the same state: a row that is forgotten between two of them may become another file's.
    private func snapshot<Result>(
        _ body: () throws(SQLiteError) -> Result
    ) throws(SQLiteError) -> Result {
        try connection.execute("BEGIN")
        let result: Result
        do throws(SQLiteError) {
            result = try body()
        } catch {
            // The first error is the one to tell; a failed rollback means that SQLite did it itself.
            try? connection.execute("ROLLBACK")
            throw error
        }
        try connection.execute("COMMIT")
        return result
    }
}
