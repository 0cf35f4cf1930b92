/// W-TinyLFU with a window that follows what is read.
///
/// How large the window should be depends on the cache: a small one lives from what is asked for again at once, and wants all of it
/// for the window (LRU); a large one from what is asked for again later, and a loop larger than the cache wants next to none.
/// So *shadows* try it: they hear of a sample of the keys, by hash, and hold keys and sizes only, as a cache would that is
/// smaller by the same factor (as in Waldspurger, Saemundsson, Ahmad and Park, "Cache Modeling and Optimization using Miniature
/// Simulations", USENIX ATC 2017). The window is that of the shadow with the most hits of late.
///
/// Memory: that of ``WindowTinyLFUPolicy``, and at most ``sampleMax`` keys in each of three shadows.
public struct AdaptiveTinyLFUPolicy<Key: SketchedKey>: EvictionPolicy {
    /// Windows that are tried, of the capacity. Between them the hit ratio changes by less than between traces.
    static var windowShares: [Double] { [0.01, 0.2, 1] }
    /// Keys of which a shadow hears, of those that the cache holds, at most.
    static var sampleMax: Int { 256 }
    /// What is left of the hits that were counted, when they are looked at.
    static var memory: Double { 0.8 }
    /// A shadow has to have more hits than the one that is followed by so many standard deviations of a count.
    static var marginDeviations: Double { 0.5 }

    private struct Shadow: Sendable {
        var policy: WindowTinyLFUPolicy<Key>
        var hits = 0.0

        mutating func access(_ key: Key, _ size: Int) {
            guard policy.use(key) == nil else {
                hits += 1
                return
            }
            policy.insert(key, EntryTraits(size: size))
            while policy.totalSize > policy.capacity, policy.victim() != nil {}
        }
    }

    private var policy: WindowTinyLFUPolicy<Key>
    private var shadows: [Shadow]
    /// Number of the shadow that is followed.
    private var followed: Int
    /// A key is in the sample where so many bits of its hash are 0.
    private var sampleBits = 0
    private var accesses = 0
    private var latest: Key?

    /// - Parameters:
    ///   - capacity: bytes.
    ///   - windowMin: see ``WindowTinyLFUPolicy/windowMin``.
    ///   - entries: as many as may be expected; more are no harm.
    public init(capacity: Int, windowMin: Int = 0, entries: Int = 64) {
        followed = Self.windowShares.count - 1
        policy = WindowTinyLFUPolicy(
            capacity: capacity, windowShare: Self.windowShares[followed], windowMin: windowMin,
            entries: entries)
        shadows = []
        setShadows()
    }

    public var count: Int { policy.count }
    public var totalSize: Int { policy.totalSize }
    /// Of the capacity, at present.
    public var windowShare: Double { policy.windowShare }

    public var capacity: Int {
        get { policy.capacity }
        set {
            guard newValue != policy.capacity else { return }
            policy.capacity = newValue
            setShadows()
        }
    }

    public func contains(_ key: Key) -> Bool { policy.contains(key) }

    public mutating func insert(_ key: Key, _ traits: EntryTraits) {
        let isNew = !policy.contains(key)
        policy.insert(key, traits)
        if isNew {
            note(key, size: traits.size)
            setSample()
        } else if isSampled(key) {
            for index in shadows.indices { shadows[index].policy.resize(key, size: traits.size) }
        }
    }

    /// See ``WindowTinyLFUPolicy/insertAhead(_:_:)``. Shadows hear of it once it is read.
    public mutating func insertAhead(_ key: Key, _ traits: EntryTraits) {
        policy.insertAhead(key, traits)
        setSample()
    }

    /// See ``WindowTinyLFUPolicy/settle(_:)``.
    public mutating func settle(_ key: Key) {
        if let size = policy.settle(key) { note(key, size: size) }
    }

    /// See ``WindowTinyLFUPolicy/restore(_:_:)``.
    public mutating func restore(_ key: Key, _ traits: EntryTraits) { policy.restore(key, traits) }

    public mutating func touch(_ key: Key) {
        if let size = policy.use(key) { note(key, size: size) }
    }

    /// See ``WindowTinyLFUPolicy/refresh(_:)``.
    public mutating func refresh(_ key: Key) { policy.refresh(key) }
    /// See ``WindowTinyLFUPolicy/demote(_:)``.
    public mutating func demote(_ key: Key) {
        policy.demote(key)
        guard isSampled(key) else { return }
        for index in shadows.indices { shadows[index].policy.demote(key) }
    }
    public mutating func pin(_ key: Key) { policy.pin(key) }
    public mutating func unpin(_ key: Key) { policy.unpin(key) }

    @discardableResult
    public mutating func remove(_ key: Key) -> Int? {
        // What has gone as a victim is still in shadows: they find out what would have been, had it stayed.
        guard let size = policy.remove(key) else { return nil }
        if isSampled(key) {
            for index in shadows.indices { shadows[index].policy.remove(key) }
        }
        return size
    }

    public mutating func victim() -> (key: Key, size: Int)? { policy.victim() }

    // MARK: - Shadows

    private func isSampled(_ key: Key) -> Bool {
        guard sampleBits > 0 else { return true }
        // Other bits than the sketch takes.
        let mixed = (key.sketchHash ^ 0xA076_1D64_78BD_642F) &* 0xE703_7ED1_A0B4_28DB
        return mixed >> UInt64(64 - sampleBits) == 0
    }

    /// What is asked for, there or not.
    private mutating func note(_ key: Key, size: Int) {
        guard latest != key else { return }
        latest = key
        guard isSampled(key) else { return }
        for index in shadows.indices { shadows[index].access(key, size) }
        accesses += 1
        // Once for as much as a shadow holds.
        if accesses >= max(16, shadows[followed].policy.count) {
            accesses = 0
            follow()
        }
    }

    private mutating func follow() {
        let toBeat = shadows[followed].hits
        var best = followed
        for (index, shadow) in shadows.enumerated() where index != followed {
            if shadow.hits > toBeat + Self.marginDeviations * toBeat.squareRoot(),
                shadow.hits > shadows[best].hits
            {
                best = index
            }
        }
        followed = best
        policy.windowShare = Self.windowShares[best]
        for index in shadows.indices { shadows[index].hits *= Self.memory }
    }

    /// Where the cache holds more than shadows shall hear of, or so much less that they hear of hardly anything, they begin anew
    /// with half or twice as many keys.
    private mutating func setSample() {
        let sample = policy.count >> sampleBits
        if sample > Self.sampleMax {
            sampleBits += 1
        } else if sampleBits > 0, sample < Self.sampleMax / 8 {
            sampleBits -= 1
        } else {
            return
        }
        setShadows()
    }

    private mutating func setShadows() {
        let entries = min(policy.count >> sampleBits + 16, Self.sampleMax)
        shadows = Self.windowShares.map {
            Shadow(
                policy: WindowTinyLFUPolicy(
                    capacity: max(1, capacity >> sampleBits), windowShare: $0,
                    windowMin: policy.windowMin >> sampleBits, entries: entries))
        }
    }
}
