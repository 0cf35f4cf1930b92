public import Model

/// How a disk tier stands. Counts are since the start unless they are in ``history``.
public struct DiskTierStatistics: Hashable, Sendable {
    public enum State: Hashable, Sendable {
        case ok
        /// Something is wrong with the disk or the index; reads go on from what works. For people.
        case degraded(reason: String)
    }

    /// Counts that survive restarts, for one content type.
    public struct History: Hashable, Sendable {
        /// Blocks that readers asked for, that memory did not have, and that came from here. Each counts once, when it is
        /// asked for, also where it had been loaded ahead; what nobody asks for does not.
        public var hits: UInt64
        /// Likewise, from the share.
        public var misses: UInt64
        /// Chunks that went to make room.
        public var evictions: UInt64
        /// Those of them that the next tier was offered.
        public var demotions: UInt64 = 0
        /// Times that a chunk was used so much that the tier before this was offered it.
        public var promotions: UInt64 = 0
        /// Blocks that were not to be stored: beyond what may be written a day.
        public var rejections: UInt64 = 0
        /// Bytes of files that were written, and bytes that LZ4 has left of them.
        public var writtenBytes: UInt64 = 0
        public var packedBytes: UInt64 = 0

        public init(hits: UInt64 = 0, misses: UInt64 = 0, evictions: UInt64 = 0) {
            self.hits = hits
            self.misses = misses
            self.evictions = evictions
        }

        /// What LZ4 has saved.
        public var savedBytes: UInt64 { writtenBytes - min(packedBytes, writtenBytes) }
    }

    public var state = State.ok
    /// Objects, packs, directories and index, as the file system counts them.
    public var used = ByteCount(0)
    /// The part of ``used`` that is the index with its write-ahead log.
    public var indexUsed = ByteCount(0)
    public var limit = ByteCount(0)
    public var objects = 0
    public var chunks = 0
    public var loads = 0
    /// Blocks written, and their bytes before compression.
    public var stored = 0
    public var storedBytes = ByteCount(0)
    /// Blocks that were offered and not taken: queue full, no room, disk trouble.
    public var dropped = 0
    /// Blocks, rows and listings that did not read back as they were written.
    public var damaged = 0
    /// Bytes that wait to be written.
    public var queued = ByteCount(0)
    public var history: [ContentType: History] = [:]

    public init() {}

    public var hits: UInt64 { history.values.reduce(0) { $0 + $1.hits } }
    public var misses: UInt64 { history.values.reduce(0) { $0 + $1.misses } }
    public var evictions: UInt64 { history.values.reduce(0) { $0 + $1.evictions } }
    public var demotions: UInt64 { history.values.reduce(0) { $0 + $1.demotions } }
    public var promotions: UInt64 { history.values.reduce(0) { $0 + $1.promotions } }
    public var rejections: UInt64 { history.values.reduce(0) { $0 + $1.rejections } }
    public var savedBytes: UInt64 { history.values.reduce(0) { $0 + $1.savedBytes } }
}
