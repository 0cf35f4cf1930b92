import Model
import Platform

/// The SQLite file beside the objects: where it lies, how it is opened, its tables, and how a damaged one
/// is set aside.
///
/// Tables hold sealed records (``SealedRecord``) under integer keys:
///
///     objects   id = ObjectRow, key64 = first 8 bytes of the object key, path64 = hash of the path
///     chunks    id = ChunkRow (object × 2³² + chunk)
///     usage     id = ChunkRow
///     listings  path = the directory's path below the share, bytes
///     state     one row
struct IndexFile: Sendable {
    static let name = "index.sqlite"
    static let damagedPrefix = "index.sqlite.damaged-"
    /// "LrdI": marks the file as ours, so that another program's database is not taken for an index.
    private static let applicationID: Int64 = 0x4C72_6449
    private static let formatVersion: Int64 = 1
    /// Pages of 4 KiB that may wait in the WAL before they move into the main file.
    private static let checkpointPages = 256
    private static let cacheKibibytes = 1024

    private static let schema = """
        CREATE TABLE objects(
            id INTEGER PRIMARY KEY, key64 INTEGER NOT NULL, path64 INTEGER NOT NULL,
            record BLOB NOT NULL);
        CREATE INDEX objects_key ON objects(key64);
        CREATE INDEX objects_path ON objects(path64);
        CREATE TABLE chunks(id INTEGER PRIMARY KEY, record BLOB NOT NULL);
        CREATE TABLE usage(id INTEGER PRIMARY KEY, record BLOB NOT NULL);
        CREATE TABLE listings(path BLOB PRIMARY KEY, record BLOB NOT NULL) WITHOUT ROWID;
        CREATE TABLE state(id INTEGER PRIMARY KEY, record BLOB NOT NULL);
        """

    let directory: String
    /// Of `directory`.
    let descriptor: DescriptorReference

    private var path: String { directory + "/" + Self.name }

    /// The files that count as index, in bytes of the file system.
    var allocatedBytes: Int64 {
        var sum: Int64 = 0
        for name in [Self.name, Self.name + "-wal", Self.name + "-shm"] + damagedNames() {
            let attributes = try? FileCalls.attributes(at: descriptor.rawValue, Name(name))
            sum += (attributes?.blocks ?? 0) * 512
        }
        return sum
    }

    /// The writer's connection; makes the file when there is none.
    ///
    /// - Throws: an error with ``SQLiteError/meansDamage`` when what is there is no index of this version.
    func openForWriting() throws(SQLiteError) -> SQLiteConnection {
        // SQLite would follow a link out of the cache, and write there.
        for name in [Self.name, Self.name + "-wal", Self.name + "-shm"] {
            let attributes = try? FileCalls.attributes(at: descriptor.rawValue, Name(name))
            if attributes?.kind == .symbolicLink { throw SQLiteError.foreign }
        }
        let isNew = !exists
        if isNew {
            // The log of an index that is gone must not be taken for this one's.
            removeLog()
            // SQLite would make it readable for all; its log takes the database's mode.
            let file = try? FileCalls.open(
                at: descriptor.rawValue, Array(Self.name.utf8), [.readWrite, .create], mode: 0o600)
            _ = consume file
            // SQLite sees to its log's name, and not to this one.
            try? FileCalls.synchronize(descriptor.rawValue)
        }
        let connection = try SQLiteConnection(path: path, mode: .create)
        if isNew {
            // Before the first table, or it has no effect.
            try connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        }
        try connection.useLog(checkpointPages: Self.checkpointPages)
        try connection.distrustFile(cacheKibibytes: Self.cacheKibibytes)
        if try connection.integer("SELECT count(*) FROM sqlite_schema") == 0 {
            try connection.transaction { () throws(SQLiteError) in
                try connection.execute(Self.schema)
                try connection.execute("PRAGMA application_id = \(Self.applicationID)")
                try connection.execute("PRAGMA user_version = \(Self.formatVersion)")
            }
        }
        guard try connection.integer("PRAGMA application_id") == Self.applicationID,
            try connection.integer("PRAGMA user_version") == Self.formatVersion
        else { throw SQLiteError.foreign }
        return connection
    }

    /// A connection that only reads. The writer must have opened the file before.
    func openForReading() throws(SQLiteError) -> SQLiteConnection {
        let connection = try SQLiteConnection.reading(path: path)
        try connection.distrustFile(cacheKibibytes: Self.cacheKibibytes)
        return connection
    }

    private var exists: Bool {
        let attributes = try? FileCalls.attributes(at: descriptor.rawValue, Name(Self.name))
        return (attributes?.size ?? 0) > 0
    }

    /// Whether SQLite refuses to write although the file system does not: a damaged header can say that the
    /// database is of a newer, read-only kind.
    func isDeclaredReadOnly(_ error: SQLiteError) -> Bool {
        guard error.code == .readOnly else { return false }
        let opened = try? FileCalls.open(
            at: descriptor.rawValue, Array(Self.name.utf8), [.readWrite])
        return opened != nil
    }

    /// Whether there is no object and no pack beside the index.
    var liesAlone: Bool {
        for name in ["objects", "packs"] {
            guard
                let directory = try? FileCalls.open(
                    at: descriptor.rawValue, Array(name.utf8), [.readOnly, .directory, .noFollow])
            else { continue }
            var reader = DirectoryReader(directory)
            while let batch = try? reader.next() { if !batch.isEmpty { return false } }
        }
        return true
    }

    private func damagedNames() -> [String] {
        guard
            let reopened = try? FileCalls.reopen(descriptor.rawValue, [.readOnly, .directory])
        else { return [] }
        var reader = DirectoryReader(reopened)
        var names: [String] = []
        while let batch = try? reader.next() {
            names += batch.map(\.name.description).filter { $0.hasPrefix(Self.damagedPrefix) }
        }
        return names
    }

    /// Gives a damaged index another name, so that it can be looked at, and removes what was set aside
    /// before: one is evidence, more are a waste of the disk.
    ///
    /// Every connection must be closed: SQLite removes `-wal` by name when the last one goes. Lasts, also where the power fails
    /// at any moment of it: an index never lies there without the log that it had, nor a log beside another's index.
    ///
    /// - Returns: the new name.
    func setAside(now: Timestamp) throws(Errno) -> String {
        let name = Self.damagedPrefix + DateStamp.text(now)
        for old in damagedNames() {
            try? FileCalls.unlink(at: descriptor.rawValue, Array(old.utf8))
        }
        do throws(Errno) {
            try FileCalls.rename(
                at: descriptor.rawValue, Array(Self.name.utf8), to: Array(name.utf8))
        } catch .noSuchFile {
            // Somebody removed it: nothing to keep.
        }
        try FileCalls.synchronize(descriptor.rawValue)
        removeLog()
        try FileCalls.synchronize(descriptor.rawValue)
        return name
    }

    private func removeLog() {
        for suffix in ["-wal", "-shm"] {
            try? FileCalls.unlink(at: descriptor.rawValue, Array((Self.name + suffix).utf8))
        }
    }
}

extension SQLiteError {
    /// A sound database that is no index of ours.
    static let foreign = SQLiteError(damage: "not a Larder index of this version")
}
