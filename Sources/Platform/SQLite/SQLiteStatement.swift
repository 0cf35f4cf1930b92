import CSQLite

/// A prepared statement, used again and again: bind, step, read columns, reset.
///
/// Same threading rule as its connection. Parameters are numbered from 1, columns from 0, as SQLite does.
public final class SQLiteStatement: @unchecked Sendable {
    private let connection: SQLiteConnection
    private let handle: OpaquePointer

    init(_ sql: String, on connection: SQLiteConnection) throws(SQLiteError) {
        var prepared: OpaquePointer?
        let result = sqlite3_prepare_v3(
            connection.handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
        guard result == SQLITE_OK, let prepared else { throw connection.failure(result) }
        self.connection = connection
        handle = prepared
    }

    deinit {
        sqlite3_finalize(handle)
    }

    /// Ready for other parameters; ends the read transaction that a half-read result keeps open.
    public func reset() {
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
    }

    public func bind(_ index: Int32, _ value: Int64) throws(SQLiteError) {
        try connection.check(sqlite3_bind_int64(handle, index, value))
    }

    public func bind(_ index: Int32, real value: Double) throws(SQLiteError) {
        try connection.check(sqlite3_bind_double(handle, index, value))
    }

    /// Copies `bytes`.
    public func bind(_ index: Int32, _ bytes: [UInt8]) throws(SQLiteError) {
        // SQLITE_TRANSIENT is a cast macro that Swift does not import: -1 as a destructor.
        let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        let result = bytes.withUnsafeBytes { raw in
            // A null pointer would bind NULL instead of an empty blob.
            raw.isEmpty
                ? sqlite3_bind_zeroblob(handle, index, 0)
                : sqlite3_bind_blob64(handle, index, raw.baseAddress, UInt64(raw.count), transient)
        }
        try connection.check(result)
    }

    /// - Returns: true when there is a row to read, false at the end.
    public func step() throws(SQLiteError) -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let result: throw connection.failure(result)
        }
    }

    /// Runs a statement that gives no rows, and resets it whatever happens.
    public func run() throws(SQLiteError) {
        defer { reset() }
        while try step() {}
    }

    /// 0 for what is no integer, as SQLite converts it.
    public func integer(_ column: Int32) -> Int64 {
        sqlite3_column_int64(handle, column)
    }

    /// 0 for what is no number, as SQLite converts it. SQLite keeps no NaN: one that was bound is NULL.
    public func real(_ column: Int32) -> Double {
        sqlite3_column_double(handle, column)
    }

    public func isNull(_ column: Int32) -> Bool {
        sqlite3_column_type(handle, column) == SQLITE_NULL
    }

    /// A copy of the column's bytes; empty for NULL.
    public func bytes(_ column: Int32) -> [UInt8] {
        withBytes(column) { Array($0) }
    }

    /// Calls `body` with the column's bytes, valid inside only.
    public func withBytes<Result>(
        _ column: Int32, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        // The pointer must be asked for before the length (sqlite.org/c3ref/column_blob.html).
        let start = sqlite3_column_blob(handle, column)
        let count = Int(sqlite3_column_bytes(handle, column))
        return body(UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count))
    }
}
