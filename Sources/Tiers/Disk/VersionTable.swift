import Model
import Platform

/// Which rows of the index may be versions of one size and second, and below which folders anything is stored: so that what has
/// to leave the disk by these is found without a look at every object.
///
/// Made by one walk over the index when it is asked for first, and kept up by the keeper from then on. Who only reads does
/// without. It may say too much (hashes that are equal, what was removed since) and never too little.
struct VersionTable {
    /// 8 bytes each.
    static let rowsMax = 2 << 20
    static let foldersMax = 1 << 18
    /// Rows that are looked through one by one until they are sorted in.
    private static let recentMax = 4096

    /// Hash of size and second in the upper half, row in the lower; in order.
    private var sorted: [UInt64] = []
    private var recent: [UInt64] = []
    /// Hashes of all folders above any of the objects; nil where they are too many.
    private var folders: Set<UInt64>? = []
    private var removed = 0

    /// - Returns: false where there is no room: the table is of no use any more.
    mutating func insert(_ identity: ObjectIdentity, at row: ObjectRow) -> Bool {
        guard sorted.count + recent.count < Self.rowsMax else { return false }
        let fingerprint = identity.fingerprint
        let half = Self.half(fingerprint.size, fingerprint.modified.seconds)
        recent.append(half | UInt64(row.number))
        if recent.count >= Self.recentMax { sortIn() }
        insertFolders(above: identity.path)
        return true
    }

    private mutating func insertFolders(above path: RelativePath) {
        var folder = path.parent
        while !folder.components.isEmpty, let count = folders?.count {
            guard count < Self.foldersMax else {
                folders = nil
                return
            }
            // What is above one that is known is known.
            guard folders?.insert(Self.hash(folder)).inserted == true else { return }
            folder = folder.parent
        }
    }

    private mutating func sortIn() {
        recent.sort()
        var merged: [UInt64] = []
        merged.reserveCapacity(sorted.count + recent.count)
        var next = 0
        for word in sorted {
            while next < recent.count, recent[next] < word {
                merged.append(recent[next])
                next += 1
            }
            merged.append(word)
        }
        merged.append(contentsOf: recent[next...])
        sorted = merged
        recent = []
    }

    /// - Returns: whether so much of the table is gone that a new one is better.
    mutating func noteRemoval() -> Bool {
        removed += 1
        return removed > max(Self.recentMax, (sorted.count + recent.count) / 2)
    }

    /// Rows that may be of this size and of a second in `seconds`.
    func rows(size: Int64, seconds: ClosedRange<Int64>) -> [ObjectRow] {
        let halves = Set(seconds.map { Self.half(size, $0) })
        var found = recent.filter { halves.contains($0 & Self.upper) }
        for half in halves {
            var at = firstIndex(from: half)
            while at < sorted.count, sorted[at] & Self.upper == half {
                found.append(sorted[at])
                at += 1
            }
        }
        return found.compactMap { ObjectRow(Int64($0 & ~Self.upper)) }
    }

    private func firstIndex(from word: UInt64) -> Int {
        var (low, high) = (0, sorted.count)
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle] < word { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Whether anything may be stored below a folder.
    func mayHold(below folder: RelativePath) -> Bool {
        folders?.contains(Self.hash(folder)) ?? true
    }

    private static let upper: UInt64 = 0xFFFF_FFFF_0000_0000

    private static func half(_ size: Int64, _ second: Int64) -> UInt64 {
        XXH3.hash64(words: UInt64(bitPattern: size), UInt64(bitPattern: second)) & upper
    }

    private static func hash(_ folder: RelativePath) -> UInt64 { XXH3.hash64(folder.bytes) }
}
