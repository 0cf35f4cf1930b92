public import Model

import Platform

/// A part of what is stored of one version of a file; see ``DiskTier/stored(below:after:)``.
public struct StoredPart: Sendable {
    /// Blocks of a chunk that are stored, as the index has them.
    struct Chunk: Sendable {
        var row: ChunkRow
        var entry: ChunkEntry
    }

    public var identity: ObjectIdentity
    /// Number of the version in the index: of two versions of a file the later one has the larger.
    public var row: Int64
    var chunks: [Chunk] = []

    /// Bytes of the file that are stored in this part: not what they take on the disk.
    public var bytes: Int64 {
        chunks.reduce(0) { sum, chunk in
            sum + identity.geometry.bytes(of: chunk.row.chunk, blocks: chunk.entry.mask)
        }
    }

    /// Chunks of this part with the blocks that are stored of each.
    public var blocks: [(chunk: ChunkIndex, blocks: BlockMask)] {
        chunks.map { ($0.row.chunk, $0.entry.mask) }
    }
}

/// Some of what is stored, and where to go on.
public struct StoredParts: Sendable {
    public var parts: [StoredPart] = []
    /// Behind what the next look begins; nil at the end.
    public var next: Int64?
    /// Rows of the index that do not read back; where only a path was looked at, not those that do not even tell theirs.
    public var damagedRows = 0
}

/// Going through what is stored without changing anything of it.
extension DiskTier {
    /// Versions that one look goes through, and chunks that it brings: some tens of milliseconds.
    private static let rowsPerLook = 1024
    private static let chunksPerLook = 8192
    /// Of the paths of what one look brings, so that it can be told in one answer.
    private static let pathBytesPerLook = 1 << 20

    /// What is stored at and below a path, some of it at a time: in the order in which versions were begun, a large one in
    /// several parts. What was stored in the last second may be missing. Blocks for a look into the index.
    ///
    /// - Parameters:
    ///   - cursor: ``StoredParts/next`` of the look before; 0 at the start.
    /// - Returns: nil where the index cannot tell, or nothing that is stored may be served.
    public func stored(below path: RelativePath, after cursor: Int64) -> StoredParts? {
        stored(
            below: path, after: cursor, rowsMax: Self.rowsPerLook, chunksMax: Self.chunksPerLook)
    }

    /// As ``stored(below:after:)``, with the bounds of one look.
    func stored(
        below path: RelativePath, after cursor: Int64, rowsMax: Int, chunksMax: Int
    ) -> StoredParts? {
        guard overdueRemovals.areNone else { return nil }
        var found = core.index.read { reader throws(SQLiteError) in
            try Self.look(reader, core.objects, below: path, after: cursor, rowsMax, chunksMax)
        }
        found?.parts.removeAll { core.hides($0.identity) }
        return found
    }

    /// What this tier has of each chunk of a part that another tier has. Blocks for a look into the index.
    public func alsoStored(of part: StoredPart) -> [BlockMask] {
        // For its seeds; the table of those that are in use is not the place for what is only looked at.
        let object = DiskObject(part.identity)
        return part.chunks.map { chunk in
            if object.stored(chunk.row.chunk) == nil {
                _ = core.index.learn(object, around: chunk.row.chunk)
            }
            return object.stored(chunk.row.chunk) ?? []
        }
    }

    private static func look(
        _ reader: IndexReader, _ living: DiskObjectTable, below path: RelativePath,
        after cursor: Int64, _ rowsMax: Int,
        _ chunksMax: Int
    ) throws(SQLiteError) -> StoredParts {
        var found = StoredParts()
        let begun = ChunkRow(number: cursor)
        // The last chunk that a version can have stands for its end.
        let isDone = begun.chunk.value == .max
        let first = isDone ? cursor >> 32 : (cursor >> 32) - 1
        let rows = try reader.objects(after: first, limit: rowsMax)
        var left = chunksMax
        var pathBytes = 0
        for (number, identity) in rows {
            guard let row = ObjectRow(number) else { continue }
            guard let identity else {
                if path.components.isEmpty { found.damagedRows += 1 }
                continue
            }
            guard identity.path.components.starts(with: path.components) else { continue }
            // Removed, or begun anew, and the index has not heard of it yet.
            if let object = living.object(at: row), object.row != .present(row) { continue }
            var part = StoredPart(identity: identity, row: number)
            let start = max(row.chunkKeys.lowerBound, cursor + 1)
            let isWhole = try read(reader, start...row.chunkKeys.upperBound, &part, &found, left)
            if !part.chunks.isEmpty { found.parts.append(part) }
            left -= part.chunks.count
            pathBytes += part.identity.path.bytes.count
            guard isWhole, left > 0, pathBytes < pathBytesPerLook else {
                found.next = isWhole ? row.chunkKeys.upperBound : found.next
                return found
            }
        }
        if rows.count == rowsMax, let last = rows.last {
            found.next = ObjectRow(last.row)?.chunkKeys.upperBound
        }
        return found
    }

    /// - Returns: whether that was all; else ``StoredParts/next`` is where to go on.
    private static func read(
        _ reader: IndexReader, _ keys: ClosedRange<Int64>, _ part: inout StoredPart,
        _ found: inout StoredParts, _ limit: Int
    ) throws(SQLiteError) -> Bool {
        // For its seeds; the table of those that are in use is not the place for what is only looked at.
        let object = DiskObject(part.identity)
        let geometry = part.identity.geometry
        var chunks: [StoredPart.Chunk] = []
        var (read, damaged, last) = (0, 0, keys.lowerBound)
        try reader.chunks(in: keys, limit: limit) { row, bytes in
            read += 1
            last = row.number
            let entry = ChunkEntry(
                bytes, seed: object.recordSeed(row.chunk), chunk: row.chunk, geometry: geometry)
            if let entry {
                chunks.append(StoredPart.Chunk(row: row, entry: entry))
            } else {
                damaged += 1
            }
        }
        part.chunks = chunks
        found.damagedRows += damaged
        guard read == limit else { return true }
        found.next = last
        return false
    }
}
