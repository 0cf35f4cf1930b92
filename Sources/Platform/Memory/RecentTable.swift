/// A dictionary that keeps its most recently used entries: what exceeds the capacity falls out, oldest
/// use first. Pure; guard it with a `Mutex`.
///
/// Uses are stamped, not linked: an insertion into a full table looks for the oldest stamp, which is cheap
/// at the sizes it is meant for (up to a few thousand) and rare.
public struct RecentTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private var entries: [Key: (value: Value, stamp: UInt64)] = [:]
    private var stamp: UInt64 = 0
    public let capacity: Int

    public init(capacity: Int) {
        precondition(capacity > 0)
        self.capacity = capacity
    }

    public var count: Int { entries.count }

    /// The value, which counts as used now.
    public mutating func value(for key: Key) -> Value? {
        guard let at = entries.index(forKey: key) else { return nil }
        stamp += 1
        entries.values[at].stamp = stamp
        return entries.values[at].value
    }

    /// - Returns: the value that had to go, for the caller to dispose of outside of its lock.
    public mutating func insert(_ value: Value, for key: Key) -> Value? {
        stamp += 1
        if let replaced = entries.updateValue((value, stamp), forKey: key) { return replaced.value }
        guard entries.count > capacity,
            let oldest = entries.min(by: { $0.value.stamp < $1.value.stamp })?.key
        else { return nil }
        return entries.removeValue(forKey: oldest)?.value
    }

    public mutating func remove(_ key: Key) -> Value? {
        entries.removeValue(forKey: key)?.value
    }

    public mutating func removeAll(where condition: (Key) -> Bool) -> [Value] {
        let doomed = entries.keys.filter(condition)
        return doomed.compactMap { remove($0) }
    }
}
