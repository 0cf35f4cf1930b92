import Model

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

    var isRemoval: Bool {
        switch self {
        case .removeChunk, .removeObject: true
        case .putObject, .putChunk, .updateUsage: false
        }
    }
}

/// What becomes of one directory's listing.
enum ListingChange: Sendable {
    case put(StoredListing)
    case remove

    /// What it weighs in the queue.
    var entryCount: Int {
        if case .put(let listing) = self { listing.entries.count + 1 } else { 1 }
    }

    /// Bytes of memory that it takes there, about; its path is the caller's to add.
    var byteCount: Int {
        guard case .put(let listing) = self else { return 128 }
        let overhead = MemoryLayout<StoredListing.Entry>.stride + 32
        return listing.entries.reduce(256) {
            $0 + overhead + $1.name.bytes.count + ($1.linkTarget.map { $0.count + 32 } ?? 0)
        }
    }
}

/// Changes of listings that wait to be committed together. A path has one change, the last.
struct ListingChanges: Sendable {
    /// Subtrees to remove, before ``byPath`` is applied.
    private(set) var removedBelow: [[UInt8]] = []
    private(set) var byPath: [[UInt8]: ListingChange] = [:]
    private(set) var entryCount = 0
    /// Bytes of memory, about.
    private(set) var byteCount = 0

    /// Subtrees and listings to be removed that are remembered one by one; beyond it, all are removed.
    static let removalsMax = 4096
    private static let subtreesMax = 256

    var isEmpty: Bool { byPath.isEmpty && removedBelow.isEmpty }

    mutating func set(_ path: [UInt8], _ change: ListingChange) {
        drop(path)
        entryCount += change.entryCount
        byteCount += change.byteCount + path.count
        byPath[path] = change
    }

    private mutating func drop(_ path: [UInt8]) {
        guard let old = byPath.removeValue(forKey: path) else { return }
        entryCount -= old.entryCount
        byteCount -= old.byteCount + path.count
    }

    mutating func removeBelow(_ path: [UInt8]) {
        for known in byPath.keys where Self.isBelow(known, path) { drop(known) }
        removedBelow.removeAll { Self.isBelow($0, path) }
        guard !removedBelow.contains(where: { Self.isBelow(path, $0) }) else { return }
        if removedBelow.count >= Self.subtreesMax {
            removeAll()
        } else {
            removedBelow.append(path)
        }
    }

    /// Nothing that is stored is kept: too much waits to say what.
    mutating func removeAll() {
        self = ListingChanges()
        removedBelow = [[]]
    }

    /// What was to be stored is not: it and what is stored of it is removed instead.
    mutating func shed() {
        guard byPath.count <= Self.removalsMax else { return removeAll() }
        for (path, change) in byPath {
            if case .put = change { set(path, .remove) }
        }
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
