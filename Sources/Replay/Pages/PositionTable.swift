/// A hash table from a page's key to its place, for the keys that are resident: open addressing with linear
/// probing, at most half full, entries moved back on removal so that there are no tombstones (Knuth, TAOCP 3,
/// 6.4, algorithm R).
///
/// Eight neighbouring pages hash to neighbouring entries: reads go through pages in order, and so do the
/// processor's cache lines.
struct PositionTable: Sendable {
    static let none: Int32 = -1

    private struct Entry: Sendable {
        var key: Int
        var place: Int32
    }

    private var entries: [Entry]
    private var mask: Int
    private var count = 0

    /// - Parameter capacity: keys held at once before it has to grow.
    init(capacity: Int) {
        var size = 16
        while size < capacity * 2 { size *= 2 }
        entries = Array(repeating: Entry(key: 0, place: Self.none), count: size)
        mask = size - 1
    }

    @inline(__always)
    private func home(_ key: Int) -> Int {
        var mixed = UInt64(bitPattern: Int64(key >> 3)) &* 0x9E37_79B9_7F4A_7C15
        mixed ^= mixed >> 29
        return (Int(truncatingIfNeeded: mixed &<< 3) | (key & 7)) & mask
    }

    /// - Returns: ``none`` for a key that is not held.
    func find(_ key: Int) -> Int32 {
        var index = home(key)
        while true {
            let entry = entries[index]
            if entry.place == Self.none || entry.key == key { return entry.place }
            index = (index + 1) & mask
        }
    }

    /// Adds a key that is not held.
    mutating func insert(_ key: Int, place: Int32) {
        if count * 2 >= entries.count { grow() }
        count += 1
        put(key, place)
    }

    @inline(__always)
    private mutating func put(_ key: Int, _ place: Int32) {
        var index = home(key)
        while entries[index].place != Self.none { index = (index + 1) & mask }
        entries[index] = Entry(key: key, place: place)
    }

    /// Removes a key that is held.
    mutating func remove(_ key: Int) {
        var hole = home(key)
        while entries[hole].key != key || entries[hole].place == Self.none {
            hole = (hole + 1) & mask
        }
        var index = hole
        while true {
            index = (index + 1) & mask
            let entry = entries[index]
            if entry.place == Self.none { break }
            // An entry may move into the hole unless its home lies between the hole and itself.
            if (index - home(entry.key)) & mask >= (index - hole) & mask {
                entries[hole] = entry
                hole = index
            }
        }
        entries[hole].place = Self.none
        count -= 1
    }

    private mutating func grow() {
        let old = entries
        entries = Array(repeating: Entry(key: 0, place: Self.none), count: old.count * 2)
        mask = entries.count - 1
        for entry in old where entry.place != Self.none { put(entry.key, entry.place) }
    }
}
