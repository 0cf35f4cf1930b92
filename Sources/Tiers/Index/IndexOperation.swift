/// A change of the index, waiting to be committed.
///
/// An operation holds its object: while a row is not committed, the object stays alive and answers for it,
/// and nobody asks the index for what it does not know yet.
enum IndexOperation: Sendable {
    /// A new object under a new row; older versions of the same path are not its business.
    case putObject(ObjectRow, DiskObject)
    case putChunk(ChunkRow, ChunkEntry, UsageRecord, DiskObject)
    /// Updates a usage row if it is still there.
    case updateUsage(ChunkRow, UsageRecord)
    case removeChunk(ChunkRow, DiskObject?)
    /// The object's row and all rows of its chunks.
    case removeObject(ObjectRow, DiskObject?)
}

/// What becomes of one directory's listing.
enum ListingChange: Sendable {
    case put(StoredListing)
    case remove

    /// What it weighs in the queue.
    var entryCount: Int {
        if case .put(let listing) = self { listing.entries.count + 1 } else { 1 }
    }
}

/// Changes of listings that wait to be committed together. A path has one change, the last.
struct ListingChanges: Sendable {
    /// Subtrees to remove, before ``byPath`` is applied.
    private(set) var removedBelow: [[UInt8]] = []
    private(set) var byPath: [[UInt8]: ListingChange] = [:]
    private(set) var entryCount = 0

    var isEmpty: Bool { byPath.isEmpty && removedBelow.isEmpty }

    mutating func set(_ path: [UInt8], _ change: ListingChange) {
        entryCount += change.entryCount - (byPath[path]?.entryCount ?? 0)
        byPath[path] = change
    }

    mutating func removeBelow(_ path: [UInt8]) {
        for (known, change) in byPath where Self.isBelow(known, path) {
            entryCount -= change.entryCount
            byPath[known] = nil
        }
        removedBelow.append(path)
    }

    /// The change that decides about `path`, nil when there is none.
    func change(of path: [UInt8]) -> ListingChange? {
        byPath[path] ?? (removedBelow.contains { Self.isBelow(path, $0) } ? .remove : nil)
    }

    /// Adds what came later.
    mutating func merge(_ later: ListingChanges) {
        for path in later.removedBelow { removeBelow(path) }
        for (path, change) in later.byPath { set(path, change) }
    }

    /// Whether `path` is `ancestor` or lies in it; the empty path is the root.
    static func isBelow(_ path: [UInt8], _ ancestor: [UInt8]) -> Bool {
        ancestor.isEmpty || path == ancestor
            || (path.count > ancestor.count && path[ancestor.count] == 0x2F
                && path.starts(with: ancestor))
    }
}
