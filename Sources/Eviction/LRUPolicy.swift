/// Least recently used: the entry whose last use is longest ago goes first. Every operation is O(1).
///
/// Memory: about 55 bytes per entry with 8-byte keys (32 in the list, the rest in the table).
public struct LRUPolicy<Key: Hashable & Sendable>: EvictionPolicy {
    private struct Entry: Sendable {
        var key: Key
        var size: UInt32
        /// In no list.
        var isPinned = false
    }

    private var places: [Key: UInt32] = [:]
    private var slots = SlotList<Entry>()
    /// Coldest first.
    private var order = SlotList<Entry>.Ends()
    public private(set) var totalSize = 0

    public init() {}

    public var count: Int { places.count }

    public func contains(_ key: Key) -> Bool { places[key] != nil }

    public mutating func insert(_ key: Key, _ traits: EntryTraits) {
        let size = UInt32(traits.size)
        if let place = places[key] {
            totalSize += Int(size) - Int(slots[place].size)
            slots[place].size = size
            touch(key)
            return
        }
        let place = slots.allocate(Entry(key: key, size: size))
        places[key] = place
        slots.append(place, to: &order)
        totalSize += Int(size)
    }

    public mutating func touch(_ key: Key) {
        guard let place = places[key], place != order.last, !slots[place].isPinned else { return }
        slots.unlink(place, from: &order)
        slots.append(place, to: &order)
    }

    public mutating func pin(_ key: Key) {
        guard let place = places[key], !slots[place].isPinned else { return }
        slots[place].isPinned = true
        slots.unlink(place, from: &order)
    }

    public mutating func unpin(_ key: Key) {
        guard let place = places[key], slots[place].isPinned else { return }
        slots[place].isPinned = false
        slots.append(place, to: &order)
    }

    /// Puts an entry at the cold end: the next to go, whatever its last use. For what somebody else holds
    /// a copy of (the kernel's page cache).
    public mutating func demote(_ key: Key) {
        guard let place = places[key], place != order.first, !slots[place].isPinned else { return }
        slots.unlink(place, from: &order)
        slots.prepend(place, to: &order)
    }

    @discardableResult
    public mutating func remove(_ key: Key) -> Int? {
        guard let place = places.removeValue(forKey: key) else { return nil }
        let size = Int(slots[place].size)
        if !slots[place].isPinned { slots.unlink(place, from: &order) }
        slots.release(place)
        totalSize -= size
        return size
    }

    public mutating func victim() -> (key: Key, size: Int)? {
        guard !order.isEmpty else { return nil }
        let key = slots[order.first].key
        return remove(key).map { (key, $0) }
    }
}
