/// Values by key, so many at most: whoever was not touched for longest makes room, those on probation first.
///
/// A key comes in on probation; its owner promotes it once it has shown that it comes back. So a program that walks once through everything
/// pushes out what was seen once, and not what is done every week (segmented LRU: Karedla, Love and Wherry 1994).
/// Where more are promoted than ``promotedMax``, the one that was not touched for longest is on probation again. Every operation is
/// O(1). Values stay at their place while they are in the table.
struct RecencyTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Slot: Sendable {
        var key: Key
        var value: Value
        /// Towards the newest and the oldest of its list; `none` at the ends.
        var newer = UInt32.max
        var older = UInt32.max
        var isPromoted = false
    }

    private struct Ends: Sendable {
        var newest = UInt32.max
        var oldest = UInt32.max
        var count = 0
    }

    private static var none: UInt32 { .max }

    let capacity: Int
    let promotedMax: Int
    private var places: [Key: UInt32] = [:]
    private var slots: [Slot] = []
    /// Those on probation, and those promoted: by ``probation`` and ``promoted``.
    private var lists = [Ends(), Ends()]
    private static var probation: Int { 0 }
    private static var promoted: Int { 1 }

    init(capacity: Int, promotedShare: Double = 0.8) {
        self.capacity = min(max(2, capacity), 1 << 30)
        promotedMax = min(self.capacity - 1, Int(Double(self.capacity) * promotedShare))
    }

    var count: Int { slots.count }
    /// Of all values there are.
    var indices: Range<Int> { slots.indices }

    func place(of key: Key) -> Int? { places[key].map { Int($0) } }

    func key(at place: Int) -> Key { slots[place].key }

    func isPromoted(_ place: Int) -> Bool { slots[place].isPromoted }

    subscript(place: Int) -> Value {
        get { slots[place].value }
        _modify { yield &slots[place].value }
    }

    /// Makes a key the newest of its kind, and takes it in where it is unknown.
    ///
    /// - Returns: its place; for what had to make room, key and value.
    mutating func touch(
        _ key: Key, or new: @autoclosure () -> Value
    ) -> (place: Int, isNew: Bool, evicted: (key: Key, value: Value)?) {
        if let place = places[key] {
            move(place, isPromoted: slots[Int(place)].isPromoted)
            return (Int(place), false, nil)
        }
        if slots.count < capacity {
            let place = UInt32(slots.count)
            // Doubled, and never beyond what is needed.
            if slots.count == slots.capacity {
                slots.reserveCapacity(min(capacity, max(16, slots.count * 2)))
            }
            slots.append(Slot(key: key, value: new()))
            places[key] = place
            link(place)
            return (Int(place), true, nil)
        }
        let onProbation = lists[Self.probation].oldest
        let place = onProbation != Self.none ? onProbation : lists[Self.promoted].oldest
        let old = slots[Int(place)]
        unlink(place)
        places[old.key] = nil
        slots[Int(place)] = Slot(key: key, value: new())
        places[key] = place
        link(place)
        return (Int(place), true, (old.key, old.value))
    }

    /// Takes a key off probation.
    mutating func promote(_ place: Int) {
        guard promotedMax > 0, !slots[place].isPromoted else { return }
        move(UInt32(place), isPromoted: true)
        guard lists[Self.promoted].count > promotedMax else { return }
        move(lists[Self.promoted].oldest, isPromoted: false)
    }

    private mutating func move(_ place: UInt32, isPromoted: Bool) {
        unlink(place)
        slots[Int(place)].isPromoted = isPromoted
        link(place)
    }

    private func list(of place: UInt32) -> Int {
        slots[Int(place)].isPromoted ? Self.promoted : Self.probation
    }

    private mutating func link(_ place: UInt32) {
        let list = list(of: place)
        let before = lists[list].newest
        slots[Int(place)].older = before
        slots[Int(place)].newer = Self.none
        if before == Self.none {
            lists[list].oldest = place
        } else {
            slots[Int(before)].newer = place
        }
        lists[list].newest = place
        lists[list].count += 1
    }

    private mutating func unlink(_ place: UInt32) {
        let list = list(of: place)
        let (newer, older) = (slots[Int(place)].newer, slots[Int(place)].older)
        if newer == Self.none {
            lists[list].newest = older
        } else {
            slots[Int(newer)].older = older
        }
        if older == Self.none {
            lists[list].oldest = newer
        } else {
            slots[Int(older)].newer = newer
        }
        lists[list].count -= 1
    }
}
