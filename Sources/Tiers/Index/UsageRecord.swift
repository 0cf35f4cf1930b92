import Model
import Platform

/// What the eviction policy needs to know of a chunk after a restart; 32 bytes, in a table of its own so
/// that a million of them are read in a moment.
struct UsageRecord: Hashable, Sendable {
    static let size = 32

    /// Bytes of the file system.
    var allocated: UInt32
    var hits: UInt32
    /// Priority in the policy (``LFUAgingPolicy``).
    var priority: UInt64
    /// Seconds since 1970.
    var lastUse: Int64

    func encoded(row: ChunkRow) -> [UInt8] {
        var writer = ByteWriter(reserving: Self.size)
        writer.fixed(allocated)
        writer.fixed(hits)
        writer.fixed(priority)
        writer.fixed(lastUse)
        return SealedRecord.seal(
            writer, seed: SealedRecord.seed(.usage, UInt64(bitPattern: row.number)))
    }

    init(allocated: UInt32, hits: UInt32, priority: UInt64, lastUse: Int64) {
        self.allocated = allocated
        self.hits = hits
        self.priority = priority
        self.lastUse = lastUse
    }

    init?(_ bytes: UnsafeRawBufferPointer, row: ChunkRow) {
        let seed = SealedRecord.seed(.usage, UInt64(bitPattern: row.number))
        guard var reader = SealedRecord.open(bytes, seed: seed) else { return nil }
        allocated = reader.fixed()
        hits = reader.fixed()
        priority = reader.fixed()
        lastUse = reader.fixed()
        guard reader.isComplete else { return nil }
    }
}
