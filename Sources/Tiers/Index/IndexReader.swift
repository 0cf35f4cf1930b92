import Model
import Platform

/// One reading connection with its statements. Used by one thread at a time (``SQLiteReaders``).
///
/// Records are handed out decoded; one whose seal does not hold is reported as damaged, never used.
final class IndexReader: @unchecked Sendable {
    /// At a time.
    static let lentMax = 8

    /// What a look-up by key found.
    enum ObjectLookup {
        case absent
        case present(ObjectRow)
        /// A row for this key is there and its record cannot be trusted.
        case damaged(ObjectRow)
    }

    private let connection: SQLiteConnection
    private let objectsByKey: SQLiteStatement
    private let objectByRow: SQLiteStatement
    private let objectsByPath: SQLiteStatement
    private let objectsFrom: SQLiteStatement
    private let chunksInRange: SQLiteStatement
    private let usageInRange: SQLiteStatement
    private let usageCount: SQLiteStatement
    private let listing: SQLiteStatement
    private let listingsBelow: SQLiteStatement

    init(_ connection: SQLiteConnection) throws(SQLiteError) {
        self.connection = connection
        objectsByKey = try connection.prepare("SELECT id, record FROM objects WHERE key64 = ?1")
        objectByRow = try connection.prepare("SELECT record FROM objects WHERE id = ?1")
        objectsByPath = try connection.prepare("SELECT id, record FROM objects WHERE path64 = ?1")
        objectsFrom = try connection.prepare(
            "SELECT id, record FROM objects WHERE id > ?1 ORDER BY id LIMIT ?2")
        chunksInRange = try connection.prepare(
            "SELECT id, record FROM chunks WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT ?3")
        usageInRange = try connection.prepare(
            "SELECT id, record FROM usage WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT ?3")
        usageCount = try connection.prepare("SELECT count(*) FROM usage WHERE id BETWEEN ?1 AND ?2")
        listing = try connection.prepare("SELECT record FROM listings WHERE path = ?1")
        listingsBelow = try connection.prepare("SELECT path FROM listings WHERE path > ?1 LIMIT ?2")
    }

    func object(_ key: ObjectKey) throws(SQLiteError) -> ObjectLookup {
        defer { objectsByKey.reset() }
        try objectsByKey.bind(1, key.indexHash)
        var found = ObjectLookup.absent
        while try objectsByKey.step() {
            guard let row = ObjectRow(objectsByKey.integer(0)) else { continue }
            let identity = objectsByKey.withBytes(1) { ObjectRecord.decoded($0, row: row) }
            if let identity {
                if identity.key == key { return .present(row) }
            } else {
                found = .damaged(row)
            }
        }
        return found
    }

    /// nil when the row is not there or damaged.
    func identity(of row: ObjectRow) throws(SQLiteError) -> ObjectIdentity? {
        defer { objectByRow.reset() }
        try objectByRow.bind(1, row.number)
        guard try objectByRow.step() else { return nil }
        return objectByRow.withBytes(0) { ObjectRecord.decoded($0, row: row) }
    }

    /// Versions of the file at `path`.
    func objects(at path: RelativePath) throws(SQLiteError) -> [ObjectIdentity] {
        defer { objectsByPath.reset() }
        try objectsByPath.bind(1, path.indexHash)
        var found: [ObjectIdentity] = []
        while try objectsByPath.step() {
            guard let row = ObjectRow(objectsByPath.integer(0)),
                let identity = objectsByPath.withBytes(1, { ObjectRecord.decoded($0, row: row) }),
                identity.path == path
            else { continue }
            found.append(identity)
        }
        return found
    }

    /// Objects in the order of their rows, to walk through all of them in steps.
    ///
    /// - Returns: at most `limit` rows behind `last`; an identity is nil where the record is damaged.
    func objects(
        after last: Int64, limit: Int
    ) throws(SQLiteError) -> [(row: Int64, identity: ObjectIdentity?)] {
        defer { objectsFrom.reset() }
        try objectsFrom.bind(1, last)
        try objectsFrom.bind(2, Int64(limit))
        var found: [(row: Int64, identity: ObjectIdentity?)] = []
        while try objectsFrom.step() {
            let number = objectsFrom.integer(0)
            let identity = ObjectRow(number).flatMap { row in
                objectsFrom.withBytes(1) { ObjectRecord.decoded($0, row: row) }
            }
            found.append((number, identity))
        }
        return found
    }

    /// Calls `body` with the records of chunks in `range`, in order.
    func chunks(
        in range: ClosedRange<Int64>, limit: Int = .max,
        _ body: (ChunkRow, UnsafeRawBufferPointer) -> Void
    ) throws(SQLiteError) {
        try records(chunksInRange, in: range, limit: limit, body)
    }

    /// Calls `body` with the usage records of chunks in `range`, in order.
    func usage(
        in range: ClosedRange<Int64>, limit: Int = .max,
        _ body: (ChunkRow, UnsafeRawBufferPointer) -> Void
    ) throws(SQLiteError) {
        try records(usageInRange, in: range, limit: limit, body)
    }

    private func records(
        _ statement: SQLiteStatement, in range: ClosedRange<Int64>, limit: Int,
        _ body: (ChunkRow, UnsafeRawBufferPointer) -> Void
    ) throws(SQLiteError) {
        defer { statement.reset() }
        try statement.bind(1, range.lowerBound)
        try statement.bind(2, range.upperBound)
        try statement.bind(3, Int64(limit))
        while try statement.step() {
            let row = ChunkRow(number: statement.integer(0))
            statement.withBytes(1) { body(row, $0) }
        }
    }

    func chunkCount(of row: ObjectRow) throws(SQLiteError) -> Int {
        defer { usageCount.reset() }
        try usageCount.bind(1, row.chunkKeys.lowerBound)
        try usageCount.bind(2, row.chunkKeys.upperBound)
        return try usageCount.step() ? Int(usageCount.integer(0)) : 0
    }

    enum ListingLookup {
        case absent
        case present(StoredListing)
        case damaged
    }

    func listing(of path: [UInt8]) throws(SQLiteError) -> ListingLookup {
        defer { listing.reset() }
        try listing.bind(1, path)
        guard try listing.step() else { return .absent }
        let decoded = listing.withBytes(0) { ListingRecord.decoded($0, path: path) }
        return decoded.map { .present($0) } ?? .damaged
    }

    /// Paths of stored listings behind `path` in byte order.
    func listingPaths(after path: [UInt8], limit: Int) throws(SQLiteError) -> [[UInt8]] {
        defer { listingsBelow.reset() }
        try listingsBelow.bind(1, path)
        try listingsBelow.bind(2, Int64(limit))
        var found: [[UInt8]] = []
        while try listingsBelow.step() { found.append(listingsBelow.bytes(0)) }
        return found
    }
}

extension ObjectKey {
    /// The part of a key that is indexed: eight bytes tell a million objects apart, the record the rest.
    var indexHash: Int64 { Int64(bitPattern: words.0) }
}

extension RelativePath {
    var indexHash: Int64 { Int64(bitPattern: XXH3.hash64(bytes)) }
}
