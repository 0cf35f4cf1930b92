public import Model

import Platform
import Synchronization

/// Directory listings that survive restarts, so that browsing is instant and works while the share is away.
///
/// Threads: any, but ``listing(of:)`` reads the disk and is not for FUSE threads. What was put is read back at
/// once, committed or not.
public final class ListingStore: Sendable {
    private let index: DiskIndex
    private let limit: @Sendable () -> Int64
    private let note: @Sendable (Event) -> Void

    enum Event {
        case damaged
        case dropped
    }

    /// Listings may fill the index up to this part of the tier's limit.
    private static let shareOfLimit: Int64 = 2

    init(
        index: DiskIndex, limit: @escaping @Sendable () -> Int64,
        note: @escaping @Sendable (Event) -> Void
    ) {
        self.index = index
        self.limit = limit
        self.note = note
    }

    /// Whether listings are taken that nobody has asked for.
    public enum Room: Sendable, Hashable {
        case some
        /// Much waits to be written.
        case notNow
        /// Listings take all that they may.
        case none
    }

    public var room: Room {
        guard index.writer.allocatedBytes <= limit() / Self.shareOfLimit else { return .none }
        return index.writer.hasRoomForListings ? .some : .notNow
    }

    /// Entries of a listing that is kept, at most.
    public static let entriesMax = IndexWriter.listingEntriesMax

    /// The stored listing of a directory, nil when there is none or it does not read back as it was written.
    /// Blocks for a look-up; a listing of 100,000 entries takes some tens of milliseconds.
    public func listing(of path: RelativePath) -> StoredListing? {
        let bytes = path.bytes
        switch index.writer.pendingListing(of: bytes) {
        case .put(let listing): return listing
        case .remove: return nil
        case nil: break
        }
        let found = index.read { reader throws(SQLiteError) in try reader.listing(of: bytes) }
        switch found {
        case .present(let listing): return listing
        case .absent, nil: return nil
        case .damaged:
            note(.damaged)
            _ = index.writer.enqueue(listing: bytes, .remove)
            return nil
        }
    }

    /// Keeps a listing; the last one of a path wins. Never blocks. Dropped when too much waits to be written,
    /// or when listings would take more than half of the tier's limit.
    public func put(_ path: RelativePath, _ listing: StoredListing) {
        guard index.writer.allocatedBytes <= limit() / Self.shareOfLimit,
            index.writer.enqueue(listing: path.bytes, .put(listing))
        else {
            // What is stored is older than what was to be put: it must not be taken for the truth.
            remove(path, recursively: false)
            note(.dropped)
            return
        }
    }

    /// Forgets the listing of a directory, or of all directories at and below `path`.
    public func remove(_ path: RelativePath, recursively: Bool) {
        if recursively {
            index.writer.enqueue(removingListingsBelow: path.bytes)
        } else {
            _ = index.writer.enqueue(listing: path.bytes, .remove)
        }
    }

    /// How many listings of `path` and the folders below it are stored, without those in `counted`.
    public func count(below path: RelativePath, without counted: Set<RelativePath>) -> Int {
        var count = !counted.contains(path) && listing(of: path) != nil ? 1 : 0
        // Behind `a/`, which is no path, stands all that lies in `a`; `a.txt` would stand before it.
        var last = path.components.isEmpty ? [] : path.bytes + [UInt8(ascii: "/")]
        while true {
            let after = last
            let batch = index.read { reader throws(SQLiteError) in
                try reader.listingPaths(after: after, limit: 512)
            }
            let below = (batch ?? []).prefix { ListingChanges.isBelow($0, path.bytes) }
            for bytes in below {
                if case .remove? = index.writer.pendingListing(of: bytes) { continue }
                if !counted.contains(RelativePath(joined: bytes)) { count += 1 }
            }
            guard below.count == 512, let end = below.last else { return count }
            last = end
        }
    }

    /// Paths of the stored listings behind `path` in byte order, at most `limit` of them: to walk through all.
    /// What is not committed yet is not among them.
    public func storedPaths(after path: RelativePath, limit: Int) -> [RelativePath] {
        let found = index.read { reader throws(SQLiteError) in
            try reader.listingPaths(after: path.bytes, limit: limit)
        }
        return (found ?? []).map { RelativePath(joined: $0) }
    }
}
