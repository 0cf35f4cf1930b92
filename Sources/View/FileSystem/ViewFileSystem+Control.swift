public import Model

import Platform
import Share
import Synchronization
import Tiers

/// Figures of a view's names; those of the tiers and the share are theirs.
public struct NamespaceStatistics: Sendable, Hashable {
    public var knownFiles: Int
    public var listings: Int
    public var lookups: UInt64
    /// Of those, answered without asking index or share.
    public var cachedLookups: UInt64
    /// Folders that were opened.
    public var listingsOpened: UInt64
    /// Of those, listed without asking the share.
    public var cachedListings: UInt64
    /// Folders listed before anybody opened them.
    public var listingsAhead: UInt64
    /// Entries of listings that were left out: what cannot be a name, and what came twice.
    public var refusedEntries: UInt64
    /// Names of listings whose attributes the share would not give.
    public var unreadableEntries: UInt64
    public var revalidations: UInt64
}

/// What ``ViewFileSystem/evict(_:)`` dropped.
public struct ViewEviction: Sendable, Hashable {
    /// Of which something was cached.
    public var files = 0
    /// All tiers together.
    public var chunks = 0
    /// Freed in memory and on disk.
    public var bytes: Int64 = 0
    public var listings = 0
}

/// For the control socket.
extension ViewFileSystem {
    public var namespaceStatistics: NamespaceStatistics {
        let counters = nodes.counters.withLock { $0 }
        let size = nodes.size
        return NamespaceStatistics(
            knownFiles: size.nodes, listings: size.folders, lookups: counters.lookups,
            cachedLookups: counters.cachedLookups, listingsOpened: counters.listings,
            cachedListings: counters.cachedListings, listingsAhead: counters.listingsAhead,
            refusedEntries: counters.refusedEntries, unreadableEntries: counters.unreadableEntries,
            revalidations: counters.revalidations)
    }

    /// Drops what is cached of a file or folder (with all below it) in every tier, in the index and in the
    /// kernel. The next look asks the share.
    public func evict(_ path: RelativePath) -> ViewEviction {
        var effects = NodeTable.Effects()
        var dropped = ViewEviction()
        // After a restart, what the index has is more than what the table knows.
        let (files, listings) = nodes.expire(below: path, &effects)
        dropped.listings =
            listings.count + namespace.stored.count(below: path, without: listings)
        var inMemory: Set<RelativePath> = []
        var sum = DroppedChunks()
        for file in files {
            let chunks = cache.drop(file)
            if chunks.chunks > 0 { inMemory.insert(file.identity.path) }
            sum += chunks
        }
        nodes.apply(effects)
        nodes.forgetInside(of: path)
        namespace.stored.remove(path)
        let onDisk = disk?.evict(path, counted: inMemory) ?? DiskTier.Eviction()
        sum += onDisk.dropped
        dropped.files = inMemory.count + onDisk.files
        dropped.chunks = sum.chunks
        dropped.bytes = sum.bytes
        return dropped
    }

    /// Trusts nothing that is known of names and attributes any more; contents stay as long as their
    /// fingerprints hold.
    public func refresh() {
        nodes.expireAll()
    }
}
