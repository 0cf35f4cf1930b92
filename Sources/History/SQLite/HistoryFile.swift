import Glibc
import Model
import Platform

/// The SQLite file of a history: where it lies, how it is opened, its tables, and how a damaged one is set aside.
///
/// It has a format of its own, so that what was learnt in months outlives a change of the cache's format. Format 1:
///
///     paths     one row per file and folder; folder = row of the folder it is in, 0 for the root;
///               hash = XXH3 of the path's bytes
///     programs  names by number; 0 stands for an unknown one
///     opens     id = EventKey; size is -1 where it is not known, here and everywhere
///     reads     id = EventKey; bytes start ..< start + length
///     listings  id = EventKey
///     uses      FileUse, path = row of the file; times in milliseconds since 1970, -1 for none
struct HistoryFile: Sendable {
    static let name = "history.db"
    static let damagedPrefix = "history.db.damaged-"
    static let formatVersion: Int64 = 1
    /// "LrdH": marks the file as ours.
    static let applicationID: Int64 = 0x4C72_6448
    /// A number beyond it is no format that a later Larder may have, but damage.
    private static let formatVersionMax: Int64 = 999
    /// Pages of 4 KiB that may wait in the log before they move into the file.
    private static let checkpointPages = 256

    static let schema = """
        CREATE TABLE paths(
            id INTEGER PRIMARY KEY, hash INTEGER NOT NULL, folder INTEGER NOT NULL, path BLOB NOT NULL);
        CREATE INDEX paths_hash ON paths(hash);
        CREATE INDEX paths_folder ON paths(folder);
        CREATE TABLE programs(id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE);
        CREATE TABLE opens(
            id INTEGER PRIMARY KEY, path INTEGER NOT NULL, program INTEGER NOT NULL,
            user INTEGER NOT NULL, size INTEGER NOT NULL);
        CREATE INDEX opens_path ON opens(path);
        CREATE TABLE reads(
            id INTEGER PRIMARY KEY, path INTEGER NOT NULL, program INTEGER NOT NULL,
            user INTEGER NOT NULL, size INTEGER NOT NULL, start INTEGER NOT NULL,
            length INTEGER NOT NULL);
        CREATE INDEX reads_path ON reads(path);
        CREATE TABLE listings(
            id INTEGER PRIMARY KEY, path INTEGER NOT NULL, program INTEGER NOT NULL,
            user INTEGER NOT NULL);
        CREATE INDEX listings_path ON listings(path);
        CREATE TABLE uses(
            path INTEGER PRIMARY KEY, opens INTEGER NOT NULL, first_open INTEGER NOT NULL,
            last_open INTEGER NOT NULL, interval_count INTEGER NOT NULL, interval_mean REAL NOT NULL,
            interval_squares REAL NOT NULL, bytes_read INTEGER NOT NULL, furthest_byte INTEGER NOT NULL,
            head_count INTEGER NOT NULL, head_mean REAL NOT NULL, head_squares REAL NOT NULL,
            whole_sessions INTEGER NOT NULL, part_sessions INTEGER NOT NULL, parts BLOB NOT NULL,
            session_head INTEGER NOT NULL, session_parts INTEGER NOT NULL,
            session_reads INTEGER NOT NULL, size INTEGER NOT NULL);
        CREATE INDEX uses_opens ON uses(opens);
        """

    let directory: String
    /// Of `directory`.
    let descriptor: DescriptorReference

    /// Makes the directory where it is missing, not those above it.
    init(directory: String) throws(HistoryError) {
        self.directory = directory
        do throws(Errno) {
            try FileCalls.makeDirectory(
                at: FileCalls.workingDirectory, Array(directory.utf8), mode: 0o700)
        } catch .exists {
        } catch {
            throw .unusable(path: directory, reason: "cannot make it", error)
        }
        let attributes: FileAttributes
        do throws(Errno) {
            descriptor = DescriptorReference(
                try FileCalls.open(directory, [.readOnly, .directory]))
            attributes = try descriptor.withRawValue(FileCalls.attributes)
        } catch {
            throw .unusable(path: directory, reason: "cannot open it", error)
        }
        guard attributes.userID == Environment.userID, attributes.mode & 0o022 == 0 else {
            throw .notOurs(path: directory, owner: attributes.userID, mode: attributes.mode)
        }
    }

    private var path: String { directory + "/" + Self.name }

    private static let fileNames = [name, name + "-wal", name + "-shm"]

    /// What the history occupies on its file system, with what was set aside.
    func allocatedBytes() throws(Errno) -> ByteCount {
        var sum: Int64 = 0
        for name in Self.fileNames + (try damagedNames()) {
            do throws(Errno) {
                sum += try FileCalls.attributes(at: descriptor.rawValue, Name(name)).blocks * 512
            } catch .noSuchFile {
            }
        }
        return ByteCount(sum)
    }

    /// The writing connection; makes the file when there is none.
    func openForWriting() throws(HistoryOpeningFailure) -> SQLiteConnection {
        try refuseLinks()
        let isNew = try prepareFile()
        let found: (connection: SQLiteConnection, application: Int64, version: Int64)
        do throws(SQLiteError) {
            found = try open()
        } catch {
            throw .sqlite(error)
        }
        // Before anything is written: a file of a later format is left as it is.
        if found.application == Self.applicationID,
            (Self.formatVersion + 1...Self.formatVersionMax).contains(found.version)
        {
            throw .refused(.newerFormat(path: path, version: found.version))
        }
        do throws(SQLiteError) {
            if isNew {
                // Before the first table, or it has no effect.
                try found.connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
            }
            try configureForWriting(found.connection)
            if try found.connection.integer("SELECT count(*) FROM sqlite_schema") == 0 {
                try makeTables(found.connection)
            } else if found.application != Self.applicationID
                || found.version != Self.formatVersion
            {
                throw SQLiteError(damage: "not a Larder history")
            }
            return found.connection
        } catch {
            throw .sqlite(error)
        }
    }

    private func open() throws(SQLiteError) -> (
        connection: SQLiteConnection, application: Int64, version: Int64
    ) {
        let connection = try SQLiteConnection(path: path, mode: .create)
        let application = try connection.integer("PRAGMA application_id") ?? 0
        let version = try connection.integer("PRAGMA user_version") ?? 0
        return (connection, application, version)
    }

    private func makeTables(_ connection: SQLiteConnection) throws(SQLiteError) {
        try connection.transaction { () throws(SQLiteError) in
            try connection.execute(Self.schema)
            try connection.execute("PRAGMA application_id = \(Self.applicationID)")
            try connection.execute("PRAGMA user_version = \(Self.formatVersion)")
        }
    }

    private func configureForWriting(_ connection: SQLiteConnection) throws(SQLiteError) {
        try connection.useLog(checkpointPages: Self.checkpointPages)
        // What is deleted is overwritten, in the free pages too.
        try connection.execute("PRAGMA secure_delete = ON")
        try configure(connection)
    }

    /// A connection that only reads. The writer must have opened the file before.
    func openForReading() throws(SQLiteError) -> SQLiteConnection {
        let connection = try SQLiteConnection.reading(path: path)
        try configure(connection)
        return connection
    }

    private func configure(_ connection: SQLiteConnection) throws(SQLiteError) {
        try connection.distrustFile(cacheKibibytes: 4096)
        // Paths must not get into files elsewhere.
        try connection.execute("PRAGMA temp_store = MEMORY")
    }

    /// SQLite would follow a link out of the directory, and write there.
    private func refuseLinks() throws(HistoryOpeningFailure) {
        for name in Self.fileNames {
            let attributes: FileAttributes
            do throws(Errno) {
                attributes = try FileCalls.attributes(at: descriptor.rawValue, Name(name))
            } catch .noSuchFile {
                continue
            } catch {
                throw failure("cannot look at \(name)", error)
            }
            if attributes.kind == .symbolicLink {
                throw .refused(.foreignLink(path: directory + "/" + name))
            }
        }
    }

    /// - Returns: whether there is nothing in the file yet.
    private func prepareFile() throws(HistoryOpeningFailure) -> Bool {
        do throws(Errno) {
            let attributes = try FileCalls.attributes(at: descriptor.rawValue, Name(Self.name))
            if attributes.size > 0 { return false }
        } catch .noSuchFile {
        } catch {
            throw failure("cannot look at it", error)
        }
        do throws(Errno) {
            // The log of a history that is gone must not be taken for this one's.
            try removeLog()
            // SQLite would make it readable for all; its log takes the database's mode.
            let file = try FileCalls.open(
                at: descriptor.rawValue, Array(Self.name.utf8), [.readWrite, .create], mode: 0o600)
            _ = consume file
            // SQLite sees to its log's name, and not to this one.
            try FileCalls.synchronize(descriptor.rawValue)
            return true
        } catch {
            throw failure("cannot make \(Self.name)", error)
        }
    }

    private func failure(_ reason: String, _ error: Errno) -> HistoryOpeningFailure {
        .refused(.unusable(path: directory, reason: reason, error))
    }
}
