/// W-TinyLFU (Einziger, Friedman and Manes, "TinyLFU: A Highly Efficient Cache Admission Policy", ACM TOS 2017).
///
/// Newcomers pass through a *window*, least recently used first. What leaves it has to be used more often than what would go
/// for it from the main part: so a scan gets through the window and no further. The main part is a segmented LRU: newcomers
/// are on *probation*, and *protected* once they are used there; four fifths of it are for those. How often a key was used, also
/// before it left, a ``FrequencySketch`` tells: those are the ghosts.
///
/// With a window of all there is, it is LRU. The window may change at any time: it fills and drains with what comes and goes.
///
/// What was fetched ahead of its readers is no newcomer yet: it waits *ahead* of the window, in no contest, until it is read or until as
/// many bytes have come in since as the cache holds, when LRU would let it go as well.
///
/// Every operation is O(1). Memory: about 60 bytes per entry with 8-byte keys, and 16 to 32 of the sketch.
public struct WindowTinyLFUPolicy<Key: SketchedKey>: EvictionPolicy {
    private enum Segment: UInt8, Sendable {
        case window, probation, protected
        /// Fetched ahead, and not all of it read yet.
        case ahead
        /// The next to go, whatever their use.
        case spare
        /// In no list.
        case pinned
    }

    private struct Entry: Sendable {
        var key: Key
        var size: UInt32
        var segment: Segment
        /// The sketch has heard of it since it came.
        var isCounted = false
        /// When it came ahead: ``arrived``, in units of ``stampUnit``. Wraps.
        var stamp: UInt32 = 0
    }

    private struct List: Sendable {
        /// Coldest first.
        var ends = SlotList<Entry>.Ends()
        /// Bytes.
        var size = 0
    }

    private struct Lists: Sendable {
        private var all = [List](repeating: List(), count: 5)

        subscript(segment: Segment) -> List {
            get { all[Int(segment.rawValue)] }
            _modify { yield &all[Int(segment.rawValue)] }
        }
    }

    /// Bytes.
    private static var stampUnit: UInt64 { 4096 }

    /// Entries that go from the window to the main part with one that comes, where the window has become smaller.
    private static var handedOverMax: Int { 2 }

    private var places: [Key: UInt32] = [:]
    private var slots = SlotList<Entry>()
    private var lists = Lists()
    private var sketch: FrequencySketch
    /// Used last: twice in a row is once.
    private var latest: Key?
    public private(set) var totalSize = 0
    /// Bytes that have ever come in. Wraps.
    private var arrived: UInt64 = 0
    public var capacity: Int
    /// Of the capacity, for the window: 0 ... 1.
    public var windowShare: Double
    /// Bytes that the window has at least, of a cache of eight times as many: some of the largest entries, so that one is not judged
    /// while it is being read.
    let windowMin: Int

    /// - Parameters:
    ///   - capacity: bytes.
    ///   - windowShare: of the capacity: 0 ... 1.
    ///   - windowMin: bytes; see there.
    ///   - entries: as many as may be expected; more are no harm.
    public init(capacity: Int, windowShare: Double, windowMin: Int = 0, entries: Int = 64) {
        self.capacity = capacity
        self.windowShare = windowShare
        self.windowMin = windowMin
        sketch = FrequencySketch(entries: entries)
    }

    public var count: Int { places.count }

    private var windowMax: Int {
        max(1, min(windowMin, capacity / 8), Int(Double(capacity) * windowShare))
    }
    private var protectedMax: Int { max(0, capacity - windowMax) * 4 / 5 }

    public func contains(_ key: Key) -> Bool { places[key] != nil }

    // MARK: - Use

    public mutating func insert(_ key: Key, _ traits: EntryTraits) {
        if let place = places[key] {
            resize(place, traits.size)
            return refresh(place)
        }
        enterWindow(add(key, traits, to: .window))
    }

    /// Takes in what was fetched ahead of its readers: not a use. An entry that readers came back to stays where it is.
    public mutating func insertAhead(_ key: Key, _ traits: EntryTraits) {
        let place: UInt32
        if let known = places[key] {
            place = known
            resize(place, traits.size)
            guard slots[place].segment != .protected else { return refresh(place) }
        } else {
            place = add(key, traits, to: .ahead)
        }
        guard slots[place].segment != .pinned else { return }
        slots[place].stamp = stamp
        move(place, to: .ahead)
    }

    /// All of it has been read: what was ``insertAhead(_:_:)`` is a newcomer from now on.
    ///
    /// - Returns: its size where this is its first use; else nil.
    @discardableResult
    public mutating func settle(_ key: Key) -> Int? {
        guard let place = places[key], slots[place].segment == .ahead else { return nil }
        let isFirst = !slots[place].isCounted
        move(place, to: .window)
        enterWindow(place)
        return isFirst ? Int(slots[place].size) : nil
    }

    /// Puts back what ``victim()`` gave and cannot go: the next to go again. Not a use.
    public mutating func restore(_ key: Key, _ traits: EntryTraits) {
        guard places[key] == nil else { return }
        let place = add(key, traits, to: .spare, isFirst: true)
        slots[place].isCounted = true
    }

    private mutating func add(
        _ key: Key, _ traits: EntryTraits, to segment: Segment, isFirst: Bool = false
    ) -> UInt32 {
        let place = slots.allocate(Entry(key: key, size: UInt32(traits.size), segment: segment))
        places[key] = place
        totalSize += traits.size
        arrived &+= UInt64(traits.size)
        append(place, to: segment, isFirst: isFirst)
        if places.count & (places.count - 1) == 0 { sketch.grow(to: places.count) }
        return place
    }

    /// Counts what has come into the window unless it was, and sends on what that is too small for.
    private mutating func enterWindow(_ place: UInt32) {
        if !slots[place].isCounted { note(place) }
        // While there is room, what the window is too small for goes on without a contest; afterwards a window that has
        // become smaller gives back step by step what it was larger by.
        let isFull = totalSize > capacity
        let windowMax = isFull ? self.windowMax + Int(slots[place].size) : self.windowMax
        var left = isFull ? Self.handedOverMax : Int.max
        while lists[.window].size > windowMax, left > 0 {
            move(lists[.window].ends.first, to: .probation)
            left -= 1
        }
    }

    public mutating func touch(_ key: Key) { use(key) }

    /// As ``touch(_:)``. - Returns: the size; nil for an unknown key.
    @discardableResult
    mutating func use(_ key: Key) -> Int? {
        guard let place = places[key] else { return nil }
        note(place)
        switch slots[place].segment {
        case .pinned: break
        case .probation where protectedMax > 0:
            move(place, to: .protected)
            while lists[.protected].size > protectedMax {
                move(lists[.protected].ends.first, to: .probation)
            }
        case .spare: move(place, to: .window)
        case .window, .probation, .protected, .ahead: refresh(place)
        }
        return Int(slots[place].size)
    }

    /// Makes an entry the most recent one without counting a use: somebody reads on in it.
    public mutating func refresh(_ key: Key) {
        if let place = places[key] { refresh(place) }
    }

    private mutating func refresh(_ place: UInt32) {
        let segment = slots[place].segment
        guard segment != .pinned else { return }
        if segment == .ahead { slots[place].stamp = stamp }
        move(place, to: segment == .spare ? .window : segment)
    }

    /// Makes an entry the next to go, whatever its use. For what somebody else holds a copy of (the kernel's page cache).
    public mutating func demote(_ key: Key) {
        guard let place = places[key], slots[place].segment != .pinned,
            slots[place].segment != .spare || lists[.spare].ends.first != place
        else { return }
        unlink(place)
        append(place, to: .spare, isFirst: true)
    }

    private mutating func note(_ place: UInt32) {
        slots[place].isCounted = true
        let key = slots[place].key
        guard latest != key else { return }
        latest = key
        sketch.note(key.sketchHash)
    }

    /// Sets an entry's size without counting a use.
    mutating func resize(_ key: Key, size: Int) {
        if let place = places[key] { resize(place, size) }
    }

    private mutating func resize(_ place: UInt32, _ size: Int) {
        let more = size - Int(slots[place].size)
        slots[place].size = UInt32(size)
        totalSize += more
        arrived &+= UInt64(max(0, more))
        let segment = slots[place].segment
        if segment != .pinned { lists[segment].size += more }
    }

    // MARK: - Leaving

    @discardableResult
    public mutating func remove(_ key: Key) -> Int? {
        places[key].map { drop($0).size }
    }

    public mutating func victim() -> (key: Key, size: Int)? {
        if !lists[.spare].ends.isEmpty { return drop(lists[.spare].ends.first) }
        if isAheadOverdue { return drop(lists[.ahead].ends.first) }
        let main: Segment = lists[.probation].ends.isEmpty ? .protected : .probation
        let isWindowFull = lists[.window].size > windowMax
        guard !lists[main].ends.isEmpty else {
            let last: Segment = lists[.window].ends.isEmpty ? .ahead : .window
            return lists[last].ends.isEmpty ? nil : drop(lists[last].ends.first)
        }
        let coldest = lists[main].ends.first
        guard isWindowFull, !lists[.window].ends.isEmpty else { return drop(coldest) }
        let candidate = lists[.window].ends.first
        let isWorthMore =
            sketch.frequency(slots[candidate].key.sketchHash)
            > sketch.frequency(slots[coldest].key.sketchHash)
        guard isWorthMore else { return drop(candidate) }
        move(candidate, to: .probation)
        return drop(coldest)
    }

    private var stamp: UInt32 { UInt32(truncatingIfNeeded: arrived / Self.stampUnit) }

    /// As much has come in since as the cache holds.
    private var isAheadOverdue: Bool {
        guard !lists[.ahead].ends.isEmpty else { return false }
        let units = stamp &- slots[lists[.ahead].ends.first].stamp
        return UInt64(units) * Self.stampUnit > UInt64(capacity)
    }

    public mutating func pin(_ key: Key) {
        guard let place = places[key], slots[place].segment != .pinned else { return }
        unlink(place)
        slots[place].segment = .pinned
    }

    public mutating func unpin(_ key: Key) {
        guard let place = places[key], slots[place].segment == .pinned else { return }
        append(place, to: .window)
    }

    // MARK: - Lists

    private mutating func drop(_ place: UInt32) -> (key: Key, size: Int) {
        let entry = slots[place]
        if entry.segment != .pinned { unlink(place) }
        slots.release(place)
        places[entry.key] = nil
        totalSize -= Int(entry.size)
        return (entry.key, Int(entry.size))
    }

    private mutating func move(_ place: UInt32, to segment: Segment) {
        if slots[place].segment == segment, lists[segment].ends.last == place { return }
        unlink(place)
        append(place, to: segment)
    }

    private mutating func unlink(_ place: UInt32) {
        let segment = slots[place].segment
        lists[segment].size -= Int(slots[place].size)
        slots.unlink(place, from: &lists[segment].ends)
    }

    private mutating func append(_ place: UInt32, to segment: Segment, isFirst: Bool = false) {
        slots[place].segment = segment
        lists[segment].size += Int(slots[place].size)
        if isFirst {
            slots.prepend(place, to: &lists[segment].ends)
        } else {
            slots.append(place, to: &lists[segment].ends)
        }
    }
}
