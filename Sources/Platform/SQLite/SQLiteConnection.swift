import CSQLite

/// One connection to a SQLite database. Closed when the last reference goes.
///
/// `@unchecked Sendable` is sound under one rule, which callers keep: a connection and its statements are
/// used by one thread at a time (handed over through a lock, or owned by one thread). SQLite itself is
/// compiled for that (`SQLITE_OPEN_NOMUTEX`).
public final class SQLiteConnection: @unchecked Sendable {
    public enum Mode: Sendable {
        case readOnly
        case readWrite
        case create
    }

    let handle: OpaquePointer

    /// - Parameters:
    ///   - path: of the database file.
    ///   - busyTimeout: how long a call waits for a lock that another connection holds.
    public init(
        path: String, mode: Mode, busyTimeout: Duration = .seconds(5)
    ) throws(SQLiteError) {
        let access: Int32
        switch mode {
        case .readOnly: access = SQLITE_OPEN_READONLY
        case .readWrite: access = SQLITE_OPEN_READWRITE
        case .create: access = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        }
        var opened: OpaquePointer?
        let result = sqlite3_open_v2(
            path, &opened, access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
        guard result == SQLITE_OK, let opened else {
            let message = opened.flatMap { sqlite3_errmsg($0) }.map { String(cString: $0) }
            sqlite3_close_v2(opened)
            throw SQLiteError(number: result, message: message ?? "cannot open \(path)")
        }
        handle = opened
        let (seconds, attoseconds) = busyTimeout.components
        sqlite3_busy_timeout(
            opened, Int32(clamping: seconds * 1000 + attoseconds / 1_000_000_000_000_000))
    }

    deinit {
        // With _v2 a statement that is still alive keeps the connection until it goes too.
        sqlite3_close_v2(handle)
    }

    /// Runs statements that give no rows, or whose rows do not matter.
    public func execute(_ sql: String) throws(SQLiteError) {
        try check(sqlite3_exec(handle, sql, nil, nil, nil))
    }

    public func prepare(_ sql: String) throws(SQLiteError) -> SQLiteStatement {
        try SQLiteStatement(sql, on: self)
    }

    /// The first column of the first row as an integer, for pragmas; nil without a row.
    public func integer(_ sql: String) throws(SQLiteError) -> Int64? {
        let statement = try prepare(sql)
        guard try statement.step() else { return nil }
        return statement.integer(0)
    }

    /// Runs `body` between BEGIN IMMEDIATE and COMMIT; rolls back when it or the commit throws.
    public func transaction<Result>(
        _ body: () throws(SQLiteError) -> Result
    ) throws(SQLiteError) -> Result {
        try execute("BEGIN IMMEDIATE")
        do throws(SQLiteError) {
            let result = try body()
            try execute("COMMIT")
            return result
        } catch {
            // The first error is the one to tell; a failed rollback means that SQLite did it itself.
            try? execute("ROLLBACK")
            throw error
        }
    }

    func check(_ result: Int32) throws(SQLiteError) {
        if result != SQLITE_OK { throw failure(result) }
    }

    func failure(_ result: Int32) -> SQLiteError {
        SQLiteError(number: result, message: String(cString: sqlite3_errmsg(handle)))
    }
}
