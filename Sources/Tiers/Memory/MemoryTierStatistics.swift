/// Figures of the memory tier and of what was read ahead into it, since the start.
public struct MemoryTierStatistics: Sendable {
    public var bytes = 0
    public var limit: Int64
    public var chunks = 0
    public var hits: UInt64 = 0
    public var misses: UInt64 = 0
    /// Of reads that found everything here.
    public var bytesServed: UInt64 = 0
    public var evictions: UInt64 = 0
    /// Fetched before they were asked for.
    public var prefetchedBytes: UInt64 = 0
    public var prefetchUsedBytes: UInt64 = 0
    /// Left memory without having been asked for.
    public var prefetchWastedBytes: UInt64 = 0

    init(limit: Int64) {
        self.limit = limit
    }

    mutating func add(_ shard: MemoryShard) {
        bytes += shard.bytes
        chunks += shard.count
        hits += shard.counters.hits
        misses += shard.counters.misses
        evictions += shard.counters.evictions
        prefetchedBytes += shard.counters.prefetchedBytes
        prefetchUsedBytes += shard.counters.prefetchUsedBytes
        prefetchWastedBytes += shard.counters.prefetchWastedBytes
    }
}
