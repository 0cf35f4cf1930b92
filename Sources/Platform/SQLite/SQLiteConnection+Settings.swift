/// How Larder's own databases are opened: by one connection that writes, and others that read beside it.
extension SQLiteConnection {
    /// With a write-ahead log: a power failure may lose what was committed last, and damages nothing.
    ///
    /// - Parameter checkpointPages: of 4 KiB, that may wait in the log before they move into the main file.
    public func useLog(checkpointPages: Int) throws(SQLiteError) {
        try execute("PRAGMA journal_mode = WAL")
        try execute("PRAGMA synchronous = NORMAL")
        try execute("PRAGMA wal_autocheckpoint = \(checkpointPages)")
        try execute("PRAGMA journal_size_limit = \(checkpointPages * 4096)")
    }

    /// The file may be damaged.
    ///
    /// - Parameter cacheKibibytes: of pages.
    public func distrustFile(cacheKibibytes: Int) throws(SQLiteError) {
        // Checks each page's cells as it is read; costs nothing beside the read itself.
        try execute("PRAGMA cell_size_check = ON")
        try execute("PRAGMA trusted_schema = OFF")
        try execute("PRAGMA cache_size = -\(cacheKibibytes)")
    }

    /// A connection that only reads, of a database with a log whose writer has opened it before.
    public static func reading(path: String) throws(SQLiteError) -> SQLiteConnection {
        // Not SQLITE_OPEN_READONLY: a reader of a WAL database writes to its -shm file.
        let connection = try SQLiteConnection(path: path, mode: .readWrite)
        try connection.execute("PRAGMA query_only = ON")
        return connection
    }
}
