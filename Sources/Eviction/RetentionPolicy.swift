public import Model

/// Lets go first what is least worth keeping by ``RetentionScore/retention(age:priority:uses:)``.
///
/// The score falls with the time since the last use, and for entries of one priority and one number of uses in the same way: those form a
/// list with the oldest use first, and only the heads of the lists, of which there are 404, have to be compared. ``touch(_:)`` is O(1), and
/// a victim costs a look at the lists that are in use. Memory: about 64 bytes per entry with 8-byte keys.
public struct RetentionPolicy<Key: Hashable & Sendable>: PersistentEvictionPolicy {
    private struct Entry: Sendable {
        var key: Key
        var size: UInt32
        var uses: UInt32
        /// Seconds since 1970, to 2106.
        var lastUse: UInt32
        /// Seconds between the last two uses; most where there was one only.
        var pause: UInt32
        var priority: Priority
        /// In no list.
        var isPinned = false
    }

    private typealias List = SlotList<Entry>.Ends

    private var places: [Key: UInt32] = [:]
    private var slots = SlotList<Entry>()
    /// By priority and number of uses; see ``list(of:)``.
    private var lists = [List](repeating: List(), count: Self.listCount)
    private var inUse: Set<Int> = []
    public private(set) var totalSize = 0
    private var now: UInt32 = 0

    private static var usesPerPriority: Int { Int(RetentionScore.usesMax) + 1 }
    private static var listCount: Int { Priority.allCases.count * usesPerPriority }

    public init() {}

    public var count: Int { places.count }

    public var age: UInt64 { 0 }

    public func contains(_ key: Key) -> Bool { places[key] != nil }

    public mutating func advance(to now: Int64) {
        // Not back: lists have the oldest use first.
        self.now = max(self.now, UInt32(clamping: now))
    }

    public func record(of key: Key) -> EntryRecord? { places[key].map { record(of: slots[$0]) } }

    private func record(of entry: Entry) -> EntryRecord {
        EntryRecord(
            size: Int(entry.size), uses: entry.uses, rank: rank(ofNew: entry.priority),
            lastUse: Int64(entry.lastUse), priority: entry.priority)
    }

    public func uses(ofNew priority: Priority) -> UInt32 { 0 }

    /// The least for what is worth least.
    public func rank(ofNew priority: Priority) -> UInt64 {
        UInt64(Priority.low.rawValue - priority.rawValue)
    }

    public func pause(of key: Key) -> Double? {
        guard let place = places[key], slots[place].pause != .max else { return nil }
        return Double(slots[place].pause)
    }

    public var nextVictim: Key? { lowest.map { slots[$0].key } }

    public mutating func insert(_ key: Key, _ traits: EntryTraits) {
        if places[key] != nil {
            resize(key, size: traits.size)
            touch(key)
            return
        }
        add(
            Entry(
                key: key, size: UInt32(traits.size), uses: 0, lastUse: now, pause: .max,
                priority: traits.priority))
    }

    public mutating func restore(_ key: Key, _ record: EntryRecord) {
        guard places[key] == nil else { return }
        let priority = Priority.allCases.first { rank(ofNew: $0) == record.rank } ?? .medium
        add(
            Entry(
                key: key, size: UInt32(record.size), uses: record.uses,
                lastUse: UInt32(clamping: record.lastUse), pause: .max, priority: priority))
    }

    public mutating func resize(_ key: Key, size: Int) {
        guard let place = places[key] else { return }
        totalSize += size - Int(slots[place].size)
        slots[place].size = UInt32(size)
    }

    public mutating func touch(_ key: Key) {
        guard let place = places[key] else { return }
        unlink(place)
        let entry = slots[place]
        if entry.uses < .max { slots[place].uses += 1 }
        slots[place].pause = now > entry.lastUse ? now - entry.lastUse : 0
        slots[place].lastUse = max(now, entry.lastUse)
        append(place)
    }

    public func unused(since time: Int64) -> [Key] {
        places.compactMap { key, place in
            let entry = slots[place]
            return entry.uses == 0 && !entry.isPinned && Int64(entry.lastUse) < time ? key : nil
        }
    }

    public mutating func pin(_ key: Key) {
        guard let place = places[key], !slots[place].isPinned else { return }
        unlink(place)
        slots[place].isPinned = true
    }

    public mutating func unpin(_ key: Key) {
        guard let place = places[key], slots[place].isPinned else { return }
        slots[place].isPinned = false
        slots[place].lastUse = max(now, slots[place].lastUse)
        append(place)
    }

    @discardableResult
    public mutating func remove(_ key: Key) -> Int? {
        guard let place = places.removeValue(forKey: key) else { return nil }
        unlink(place)
        let size = Int(slots[place].size)
        slots.release(place)
        totalSize -= size
        return size
    }

    public mutating func victim() -> (key: Key, size: Int)? {
        guard let key = nextVictim else { return nil }
        return remove(key).map { (key, $0) }
    }

    private var lowest: UInt32? {
        var found: (place: UInt32, score: Double)?
        // In order, so that of what is worth the same the same one goes in each run.
        for list in inUse.sorted() {
            let place = lists[list].first
            let score = record(of: slots[place]).retention(at: Int64(now))
            if let found, (found.score, slots[found.place].lastUse) <= (score, slots[place].lastUse)
            {
                continue
            }
            found = (place, score)
        }
        return found?.place
    }

    private mutating func add(_ entry: Entry) {
        let place = slots.allocate(entry)
        places[entry.key] = place
        totalSize += Int(entry.size)
        append(place)
    }

    private func list(of entry: Entry) -> Int {
        Int(entry.priority.rawValue) * Self.usesPerPriority
            + Int(min(entry.uses, RetentionScore.usesMax))
    }

    /// Most come with the latest use, or one behind the other. Who comes late from another tier is put into his place within so many
    /// of those that were used last; beyond that he is taken for as young as they are.
    private static var stepsMax: Int { 64 }

    private mutating func append(_ place: UInt32) {
        guard !slots[place].isPinned else { return }
        let list = list(of: slots[place])
        if lists[list].isEmpty { inUse.insert(list) }
        var before = SlotList<Entry>.none
        var at = lists[list].last
        for _ in 0..<Self.stepsMax {
            guard at != SlotList<Entry>.none, slots[at].lastUse > slots[place].lastUse else {
                break
            }
            (before, at) = (at, slots.previous(of: at))
        }
        slots.insert(place, before: before, in: &lists[list])
    }

    private mutating func unlink(_ place: UInt32) {
        guard !slots[place].isPinned else { return }
        let list = list(of: slots[place])
        slots.unlink(place, from: &lists[list])
        if lists[list].isEmpty { inUse.remove(list) }
    }
}
