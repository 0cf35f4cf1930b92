import Model
import Platform

/// The table of paths: finds a path's row, makes it with those of the folders above it, and removes rows that nothing
/// refers to any more.
final class PathRows: Sendable {
    private let byHash: SQLiteStatement
    private let insertion: SQLiteStatement
    private let removal: SQLiteStatement
    private let references: SQLiteStatement
    private let folder: SQLiteStatement
    private let removeUse: SQLiteStatement
    private let from: SQLiteStatement

    init(_ connection: SQLiteConnection) throws(SQLiteError) {
        byHash = try connection.prepare("SELECT id, path FROM paths WHERE hash = ?1")
        insertion = try connection.prepare(
            "INSERT INTO paths(hash, folder, path) VALUES(?1, ?2, ?3) RETURNING id")
        removal = try connection.prepare("DELETE FROM paths WHERE id = ?1")
        references = try connection.prepare(
            """
            SELECT EXISTS(SELECT 1 FROM opens WHERE path = ?1)
                OR EXISTS(SELECT 1 FROM reads WHERE path = ?1)
                OR EXISTS(SELECT 1 FROM listings WHERE path = ?1)
                OR EXISTS(SELECT 1 FROM paths WHERE folder = ?1)
            """)
        folder = try connection.prepare("SELECT folder FROM paths WHERE id = ?1")
        removeUse = try connection.prepare("DELETE FROM uses WHERE path = ?1")
        from = try connection.prepare(
            """
            SELECT p.id, p.path, EXISTS(SELECT 1 FROM uses u WHERE u.path = p.id) FROM paths p
            WHERE p.id > ?1 ORDER BY p.id LIMIT ?2
            """)
    }

    /// - Parameter known: rows that were looked up in this transaction.
    func row(
        of path: RelativePath, known: inout [RelativePath: Int64]
    ) throws(SQLiteError) -> Int64 {
        if let row = known[path] { return row }
        var row = try find(path)
        if row == nil {
            let folder =
                path.components.isEmpty ? 0 : try self.row(of: path.parent, known: &known)
            row = try insert(path, folder: folder)
        }
        guard let row else { throw SQLiteError(damage: "a path was not stored") }
        known[path] = row
        return row
    }

    private func find(_ path: RelativePath) throws(SQLiteError) -> Int64? {
        defer { byHash.reset() }
        try byHash.bind(1, path.rowHash)
        let bytes = path.bytes
        while try byHash.step() {
            if byHash.bytes(1) == bytes { return byHash.integer(0) }
        }
        return nil
    }

    private func insert(_ path: RelativePath, folder: Int64) throws(SQLiteError) -> Int64? {
        defer { insertion.reset() }
        try insertion.bind(1, path.rowHash)
        try insertion.bind(2, folder)
        try insertion.bind(3, path.bytes)
        var row: Int64?
        while try insertion.step() { row = insertion.integer(0) }
        return row
    }

    /// Removes a path's row and statistics when no event and no path refers to it, and then its folder's likewise.
    func removeIfUnused(_ row: Int64) throws(SQLiteError) {
        var row = row
        while row != 0 {
            guard try !isReferred(row) else { return }
            let above = try folder(of: row)
            for statement in [removeUse, removal] {
                try statement.bind(1, row)
                try statement.run()
            }
            // A folder that is its own is damage; it must not keep us here.
            row = above == row ? 0 : above
        }
    }

    private func isReferred(_ row: Int64) throws(SQLiteError) -> Bool {
        defer { references.reset() }
        try references.bind(1, row)
        return try references.step() && references.integer(0) != 0
    }

    private func folder(of row: Int64) throws(SQLiteError) -> Int64 {
        defer { folder.reset() }
        try folder.bind(1, row)
        return try folder.step() ? folder.integer(0) : 0
    }

    /// Rows in their order, to walk through all of them in steps.
    ///
    /// - Returns: at most `limit` rows behind `last`. A folder is what has no statistics.
    func rows(
        after last: Int64, limit: Int
    ) throws(SQLiteError) -> [(row: Int64, path: RelativePath, isFolder: Bool)] {
        defer { from.reset() }
        try from.bind(1, last)
        try from.bind(2, Int64(limit))
        var found: [(row: Int64, path: RelativePath, isFolder: Bool)] = []
        while try from.step() {
            found.append(
                (from.integer(0), try RelativePath(stored: from.bytes(1)), from.integer(2) == 0))
        }
        return found
    }
}
