public import Model

/// Least frequently used with dynamic ageing (LFU-DA; Arlitt, Cherkasova, Dilley, Friedrich, Jin 2000).
///
/// An entry's priority is its number of uses plus the age of the cache when it was last used; the age is
/// the priority of the last victim. So an entry that was popular long ago loses against newcomers after
/// the cache has turned over often enough, without any sweep over the entries. Among equal priorities the
/// least recently used goes first.
///
/// Entries of one priority form a list; a heap holds the priorities. ``touch(_:)`` is O(log p), p being the
/// number of priorities in use, far below the number of entries. Memory: about 60 bytes per entry with
/// 8-byte keys.
public struct LFUAgingPolicy<Key: Hashable & Sendable>: PersistentEvictionPolicy {
    private struct Entry: Sendable {
        var key: Key
        var priority: UInt64
        var size: UInt32
        var hits: UInt32
        /// Seconds since 1970, to 2106.
        var lastUse: UInt32
        /// Of who brought it in.
        var owner: Priority
        /// Minutes between the last two uses, to 45 days; most where there was one only.
        var pause = UInt16.max
        /// In no list.
        var isPinned = false
    }

    private var places: [Key: UInt32] = [:]
    private var slots = SlotList<Entry>()
    /// Entries by priority, least recently used first. A list may be empty while its priority waits in
    /// the heap.
    private var lists: [UInt64: SlotList<Entry>.Ends] = [:]
    private var emptyLists = 0
    private var priorities = MinimumHeap()
    public private(set) var totalSize = 0
    /// Priority of the last victim; what a newcomer starts from.
    public private(set) var age: UInt64 = 0
    private var now: UInt32 = 0

    /// Empty lists kept beyond as many as are in use, before the heap is built anew.
    private static var emptyListsSlack: Int { 64 }

    /// - Parameter age: as persisted with the entries that ``restore(_:_:)`` brings.
    public init(age: UInt64 = 0) {
        self.age = age
    }

    public var count: Int { places.count }

    public func contains(_ key: Key) -> Bool { places[key] != nil }

    public func record(of key: Key) -> EntryRecord? {
        places[key].map { place in
            EntryRecord(
                size: Int(slots[place].size), uses: slots[place].hits, rank: slots[place].priority,
                lastUse: Int64(slots[place].lastUse), priority: slots[place].owner)
        }
    }

    public mutating func advance(to now: Int64) { self.now = UInt32(clamping: now) }

    public func pause(of key: Key) -> Double? {
        guard let place = places[key], slots[place].pause != .max else { return nil }
        return Double(slots[place].pause) * 60
    }

    public mutating func insert(_ key: Key, _ traits: EntryTraits) {
        if places[key] != nil {
            resize(key, size: traits.size)
            touch(key)
            return
        }
        add(
            Entry(
                key: key, priority: rank(ofNew: traits.priority), size: UInt32(traits.size),
                hits: uses(ofNew: traits.priority), lastUse: now, owner: traits.priority))
    }

    public mutating func restore(_ key: Key, _ record: EntryRecord) {
        guard places[key] == nil else { return }
        // What nobody has used since a scanner brought it in is known by that.
        add(
            Entry(
                key: key, priority: min(record.rank, Self.restoredPriorityMax),
                size: UInt32(record.size), hits: record.uses,
                lastUse: UInt32(clamping: record.lastUse),
                owner: record.uses == 0 ? .low : record.priority))
    }

    public func rank(ofNew priority: Priority) -> UInt64 {
        age &+ UInt64(uses(ofNew: priority))
    }

    /// What is worth little to its reader goes before all other newcomers, until it is asked for again.
    public func uses(ofNew priority: Priority) -> UInt32 { priority == .low ? 0 : 1 }

    /// Far beyond what uses can add up to, and far from overflow.
    private static var restoredPriorityMax: UInt64 { 1 << 60 }

    private mutating func add(_ entry: Entry) {
        let place = slots.allocate(entry)
        places[entry.key] = place
        totalSize += Int(entry.size)
        append(place, priority: entry.priority)
    }

    public mutating func resize(_ key: Key, size: Int) {
        guard let place = places[key] else { return }
        totalSize += size - Int(slots[place].size)
        slots[place].size = UInt32(size)
    }

    public mutating func touch(_ key: Key) {
        guard let place = places[key] else { return }
        let before = slots[place].priority
        if slots[place].hits < .max { slots[place].hits += 1 }
        let seconds = now > slots[place].lastUse ? now - slots[place].lastUse : 0
        slots[place].pause = UInt16(min(seconds / 60, UInt32(UInt16.max) - 1))
        slots[place].lastUse = now
        // A persisted priority may be anything; a use never makes an entry worth less.
        let after = max(before, age &+ UInt64(slots[place].hits))
        let isPinned = slots[place].isPinned
        if !isPinned { unlink(place, priority: before) }
        slots[place].priority = after
        if !isPinned { append(place, priority: after) }
    }

    public func unused(since time: Int64) -> [Key] {
        places.compactMap { key, place in
            let entry = slots[place]
            let isNew = entry.hits <= uses(ofNew: entry.owner)
            return isNew && !entry.isPinned && Int64(entry.lastUse) < time ? key : nil
        }
    }

    public mutating func pin(_ key: Key) {
        guard let place = places[key], !slots[place].isPinned else { return }
        slots[place].isPinned = true
        unlink(place, priority: slots[place].priority)
    }

    public mutating func unpin(_ key: Key) {
        guard let place = places[key], slots[place].isPinned else { return }
        // The cache may have turned over many times since it was used.
        let priority = max(slots[place].priority, age &+ UInt64(slots[place].hits))
        slots[place].isPinned = false
        slots[place].priority = priority
        append(place, priority: priority)
    }

    @discardableResult
    public mutating func remove(_ key: Key) -> Int? {
        guard let place = places.removeValue(forKey: key) else { return nil }
        let entry = slots[place]
        if !entry.isPinned { unlink(place, priority: entry.priority) }
        slots.release(place)
        totalSize -= Int(entry.size)
        return Int(entry.size)
    }

    public mutating func victim() -> (key: Key, size: Int)? {
        guard let key = nextVictim, let place = places[key] else { return nil }
        age = max(age, slots[place].priority)
        return remove(key).map { (key, $0) }
    }

    public var nextVictim: Key? {
        mutating get {
            while let lowest = priorities.minimum {
                if let ends = lists[lowest], !ends.isEmpty { return slots[ends.first].key }
                priorities.removeMinimum()
                if lists.removeValue(forKey: lowest) != nil { emptyLists -= 1 }
            }
            return nil
        }
    }

    private mutating func append(_ place: UInt32, priority: UInt64) {
        var ends = SlotList<Entry>.Ends()
        if let known = lists[priority] {
            ends = known
            if known.isEmpty { emptyLists -= 1 }
        } else {
            priorities.insert(priority)
        }
        slots.append(place, to: &ends)
        lists[priority] = ends
    }

    private mutating func unlink(_ place: UInt32, priority: UInt64) {
        guard var ends = lists[priority] else { return }
        slots.unlink(place, from: &ends)
        lists[priority] = ends
        guard ends.isEmpty else { return }
        emptyLists += 1
        // One hot entry above one cold one leaves an empty list behind with every use: bound them.
        if emptyLists > lists.count / 2 + Self.emptyListsSlack {
            lists = lists.filter { !$0.value.isEmpty }
            emptyLists = 0
            priorities = MinimumHeap(lists.keys)
        }
    }
}
