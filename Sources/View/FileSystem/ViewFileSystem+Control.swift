public import Model

import Platform
import Share
import Synchronization
public import Tiers

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

/// A version of a file of which something is in memory.
public struct CachedContents: Sendable, Hashable {
    public var path: RelativePath
    public var number: UInt64
    public var fingerprint: Fingerprint
    /// Of its contents.
    public var bytes: Int64

    init(_ file: CachedFile, at path: RelativePath, bytes: Int64) {
        self.path = path
        number = file.number
        fingerprint = file.identity.fingerprint
        self.bytes = bytes
    }
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

    /// Trusts nothing any more that is known of names and attributes at and below these paths, in the table, the index and the
    /// kernel; contents stay as long as their fingerprints hold. Blocks for a moment of the local disk.
    ///
    /// - Parameter isSent: called when the kernel has been told; or never, when the view ends first.
    /// - Returns: how many files and folders were known, for each path.
    @discardableResult
    public func refresh(
        _ paths: [RelativePath] = [RelativePath()], isSent: @escaping @Sendable () -> Void = {}
    ) -> [Int] {
        // First: what is read from the index from here on is of before.
        disk?.distrustListings(below: paths, alone: paths.flatMap(foldersThatTell))
        var counts: [RelativePath: Int] = [:]
        let known = paths.map { path in
            if let count = counts[path] { return count }
            let count = nodes.doubt(path)
            counts[path] = count
            return count
        }
        invalidator.whenSent(isSent)
        return known
    }

    /// Folders whose listings say whether there is what is no folder, as far as is known.
    private func foldersThatTell(of path: RelativePath) -> [RelativePath] {
        var folders: [RelativePath] = []
        var last = path
        while !last.components.isEmpty, !nodes.isFolder(last) {
            last = last.parent
            folders.append(last)
        }
        return folders
    }

    /// The share was away since before this view was mounted, and has come: what has been looked at meanwhile is asked for
    /// anew, and what the index has is as old as it was.
    public func shareArrived() {
        nodes.doubt(below: .root)
    }

    // MARK: - What is known, and what is cached

    /// What is known of a file, or of the names in a folder, without asking the share.
    ///
    /// - Parameters:
    ///   - after: the last name of the answer before.
    ///   - limit: names at once.
    public func knownNames(in path: RelativePath, after: Name?, atMost limit: Int) -> KnownNames {
        namespace.knownNames(in: path, after: after, atMost: limit)
    }

    /// Files at and below a path of which something is in memory, in the order of the numbers that they have in this run.
    ///
    /// - Parameters:
    ///   - after: ``CachedContents/number`` of the last one of the answer before; 0 at the start.
    ///   - limit: files at once.
    public func contentsInMemory(
        below path: RelativePath, after: UInt64, atMost limit: Int
    ) -> (files: [CachedContents], isMore: Bool) {
        guard let id = nodes.node(at: path) else { return ([], false) }
        let sums = cache.contentsInMemory
        guard !sums.isEmpty else { return ([], false) }
        var found: [CachedContents] = []
        nodes.visit(below: id) { table, id, _ in
            guard let file = table[id]?.file, file.number > after, let bytes = sums[file.number],
                let path = table.path(of: id)
            else { return }
            found.append(CachedContents(file, at: path, bytes: bytes))
        }
        found.sort { $0.number < $1.number }
        return (Array(found.prefix(limit)), found.count > limit)
    }

    /// Of what the disk tier has of a version, how many bytes are in memory as well.
    ///
    /// - Parameter others: blocks of each chunk of the part that count as well; none where there are none.
    public func bytesInMemoryToo(of part: StoredPart, or others: [BlockMask] = []) -> Int64 {
        let known = nodes.node(at: part.identity.path).flatMap { nodes.version(of: $0) }
        let file = known?.identity.key == part.identity.key ? known : nil
        var sum: Int64 = 0
        for (place, stored) in part.blocks.enumerated() {
            var both = place < others.count ? others[place] : []
            if let file { both.insert(cache.blocksInMemory(of: file, stored.chunk)) }
            sum += part.identity.geometry.bytes(
                of: stored.chunk, blocks: both.intersection(stored.blocks))
        }
        return sum
    }
}
