/// A dictionary that keeps its most recently used entries: what exceeds the capacity falls out, oldest
/// use first. Every operation but ``removeAll(where:)`` takes the same time however full it is. Pure; guard it with a `Mutex`.
public struct RecentTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry: Sendable {
        var key: Key
        /// nil in places that are free.
        var value: Value?
        /// Places of those that were used right before and right after; ``none`` at the ends.
        var older: Int
        var newer: Int
    }

    private static var none: Int { -1 }

    private var places: [Key: Int] = [:]
    private var entries: [Entry] = []
    private var free: [Int] = []
    private var oldest = Self.none
    private var newest = Self.none
    public let capacity: Int

    public init(capacity: Int) {
        precondition(capacity > 0)
        self.capacity = capacity
    }

    public var count: Int { places.count }

    /// The value, which counts as used now.
    public mutating func value(for key: Key) -> Value? {
        guard let place = places[key] else { return nil }
        use(place)
        return entries[place].value
    }

    /// - Returns: the value that had to go, for the caller to dispose of outside of its lock.
    public mutating func insert(_ value: Value, for key: Key) -> Value? {
        if let place = places[key] {
            use(place)
            let replaced = entries[place].value
            entries[place].value = value
            return replaced
        }
        let gone = count == capacity ? removeEntry(at: oldest) : nil
        let entry = Entry(key: key, value: value, older: Self.none, newer: Self.none)
        let place: Int
        if let free = free.popLast() {
            place = free
            entries[place] = entry
        } else {
            place = entries.count
            entries.append(entry)
        }
        places[key] = place
        link(place)
        return gone
    }

    public mutating func remove(_ key: Key) -> Value? {
        places[key].flatMap { removeEntry(at: $0) }
    }

    public mutating func removeAll(where condition: (Key) -> Bool) -> [Value] {
        let doomed = places.keys.filter(condition)
        return doomed.compactMap { remove($0) }
    }

    /// Takes out the values that were used longest ago, for as long as `condition` says so.
    ///
    /// - Parameter condition: gets how many there are, and the one that was used longest ago.
    public mutating func removeOldest(while condition: (Int, Value) -> Bool) -> [Value] {
        var gone: [Value] = []
        while oldest != Self.none, let value = entries[oldest].value, condition(count, value) {
            if let removed = removeEntry(at: oldest) { gone.append(removed) }
        }
        return gone
    }

    // MARK: - The order of use

    private mutating func use(_ place: Int) {
        guard place != newest else { return }
        unlink(place)
        link(place)
    }

    private mutating func removeEntry(at place: Int) -> Value? {
        unlink(place)
        places[entries[place].key] = nil
        free.append(place)
        let value = entries[place].value
        entries[place].value = nil
        return value
    }

    private mutating func unlink(_ place: Int) {
        let (older, newer) = (entries[place].older, entries[place].newer)
        if older == Self.none { oldest = newer } else { entries[older].newer = newer }
        if newer == Self.none { newest = older } else { entries[newer].older = older }
    }

    private mutating func link(_ place: Int) {
        entries[place].older = newest
        entries[place].newer = Self.none
        if newest == Self.none { oldest = place } else { entries[newest].newer = place }
        newest = place
    }
}
