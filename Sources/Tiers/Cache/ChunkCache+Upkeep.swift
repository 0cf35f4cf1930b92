public import Model

import Platform
import Share
import Synchronization

/// Forgetting, limits and figures.
extension ChunkCache {
    /// Forgets a version: its chunks leave memory, and every tier if `everywhere`. - Returns: what left memory.
    @discardableResult
    public func drop(_ file: CachedFile, everywhere: Bool = false) -> DroppedChunks {
        var dropped = DroppedChunks()
        for shard in shards {
            dropped += shard.withLock { $0.drop { $0.file == file.number } }
        }
        share.forget(file.source)
        if everywhere { tiers.discard(file.identity) }
        return dropped
    }

    /// The view writes to the file: its chunks leave every tier, and what is still on its way to one does
    /// not get there.
    ///
    /// - Parameter keepsSource: the file stays open, for whoever reads on.
    public func supersede(_ file: CachedFile, keepsSource: Bool) {
        file.supersede()
        for shard in shards { _ = shard.withLock { $0.drop { $0.file == file.number } } }
        if !keepsSource { share.forget(file.source) }
        if file.isKept { tiers.discard(file.identity) }
    }

    /// Sets another limit; what is above it leaves before this returns, except for what readers wait for.
    ///
    /// The number of shards stays as it was at the start: few for memory that has become much larger, and each with
    /// room for a chunk or two where it has become much smaller. Either is slower, and as right.
    public func setMemoryLimit(_ limit: ByteCount) {
        memoryLimit.store(limit.bytes, ordering: .relaxed)
        evict { $0.setLimit(Int(limit.bytes) / shards.count) }
    }

    /// Changes each shard, and tells of what leaves unread with that.
    private func evict(_ change: (inout MemoryShard) -> Void) {
        for shard in shards {
            let unread = shard.withLock { shard in
                change(&shard)
                return shard.takeUnreadEvictions()
            }
            if !unread.isEmpty { unreadEvictionReport.withLock { $0 }?.call(unread) }
        }
    }

    /// How long what nobody asks for again stays in memory, though there is room; zero: for good.
    public func setMemoryTTL(_ life: Duration) {
        usePeriods.withLock { $0.life = life }
    }

    /// What has been in memory for its time without anybody asking for it leaves. To be called each second or so.
    ///
    /// - Parameter now: monotonic.
    public func letGoOfUnused(at now: Duration) {
        guard let period = usePeriods.withLock({ $0.advance(to: now) }) else { return }
        evict { $0.expire(in: period, unusedFor: UsePeriods.perLife) }
    }

    public var statistics: MemoryTierStatistics {
        var sum = MemoryTierStatistics(limit: memoryLimit.load(ordering: .relaxed))
        sum.bytesServed = servedFromMemory.load(ordering: .relaxed)
        for shard in shards {
            let asked = shard.withLock { shard in
                sum.add(shard)
                return shard.takeAsked()
            }
            tiers.note(asked)
        }
        return sum
    }
}
