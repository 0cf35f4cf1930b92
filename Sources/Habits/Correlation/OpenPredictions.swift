/// Predictions whose outcome is not known yet, oldest first, so many at most.
///
/// One is right when its key is wanted within so many misses, wrong when it was not, or when what was fetched for it went unused.
/// One that room is needed for is forgotten without an outcome: what may still come is not waste.
struct OpenPredictions<Key: Hashable & Sendable>: Sendable {
    private struct Entry: Sendable {
        var key: Key
        /// Number of the miss at which it was made.
        var madeAt: Int
    }

    static var countMax: Int { 4096 }
    let horizonMisses: Int

    /// By key, the miss at which its prediction was made.
    private var open: [Key: Int] = [:]
    /// In the order in which they were made. Entries whose prediction has ended otherwise are skipped.
    private var queue: [Entry] = []
    private var first = 0

    init(horizonMisses: Int) {
        self.horizonMisses = horizonMisses
    }

    var count: Int { open.count }

    func contains(_ key: Key) -> Bool { open[key] != nil }

    mutating func add(_ key: Key, at miss: Int) {
        while open.count >= Self.countMax { removeFirst() }
        open[key] = miss
        queue.append(Entry(key: key, madeAt: miss))
    }

    /// - Returns: whether there was one.
    mutating func end(_ key: Key) -> Bool { open.removeValue(forKey: key) != nil }

    /// Ends what is older than the horizon. To be called at each miss: it is what bounds the queue.
    ///
    /// - Returns: how many predictions that were.
    mutating func expire(at miss: Int) -> Int {
        var expired = 0
        while first < queue.count, miss - queue[first].madeAt > horizonMisses {
            if removeFirst() { expired += 1 }
        }
        return expired
    }

    /// - Returns: false where the oldest entry's prediction had ended before.
    @discardableResult
    private mutating func removeFirst() -> Bool {
        let entry = queue[first]
        first += 1
        if first >= 1024, first * 2 >= queue.count {
            queue.removeFirst(first)
            first = 0
        }
        guard open[entry.key] == entry.madeAt else { return false }
        open[entry.key] = nil
        return true
    }
}
