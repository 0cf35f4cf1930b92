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
    public var cachedLookups: UInt64
    public var revalidations: UInt64
}

/// What ``ViewFileSystem/evict(_:)`` dropped.
public struct ViewEviction: Sendable, Hashable {
    public var files = 0
    /// Freed in memory and on disk.
    public var bytes: Int64 = 0
    public var listings = 0
}

/// For the control socket.
extension ViewFileSystem {
    public var namespaceStatistics: NamespaceStatistics {
        let counters = namespace.counters.withLock { $0 }
        let (known, listings) = namespace.table.withLock { ($0.known, $0.directoryCount) }
        return NamespaceStatistics(
            knownFiles: known, listings: listings, lookups: counters.lookups,
            cachedLookups: counters.cachedLookups, revalidations: counters.revalidations)
    }

    /// Drops what is cached of a file or folder (with all below it) in every tier, in the index and in the
    /// kernel. The next look asks the share.
    public func evict(_ path: RelativePath) -> ViewEviction {
        var effects = NodeTable.Effects()
        var dropped = ViewEviction()
        let files = namespace.table.withLock { table -> [CachedFile] in
            guard let id = table.node(at: path) else { return [] }
            dropped.listings = table.listings(below: id)
            let files = table.files(below: id)
            table.expire(below: id, &effects)
            return files
        }
        dropped.files = files.count
        for file in files { dropped.bytes += Int64(cache.drop(file)) }
        namespace.apply(effects)
        namespace.removeStored(path)
        if let disk = cache.disk { dropped.bytes += disk.evict(path).bytes }
        return dropped
    }

    /// Trusts nothing that is known of names and attributes any more; contents stay as long as their
    /// fingerprints hold.
    public func refresh() {
        var effects = NodeTable.Effects()
        namespace.table.withLock { $0.expire(below: .root, &effects) }
        namespace.apply(effects)
    }
}
