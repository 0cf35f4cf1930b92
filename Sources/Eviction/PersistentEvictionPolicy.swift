public import Model

/// A policy whose entries outlive the program: what it has to know of each is written down, and given back after a restart.
public protocol PersistentEvictionPolicy<Key>: EvictionPolicy {
    /// Of the whole cache, where the policy counts it; 0 where it does not.
    var age: UInt64 { get }

    /// What is written down of an entry, nil for an unknown key.
    func record(of key: Key) -> EntryRecord?

    /// Takes in an entry as it was written down. A known key stays as it is. Those of one rank come with the oldest use first.
    mutating func restore(_ key: Key, _ record: EntryRecord)

    /// What is in ``EntryRecord/uses`` of an entry that is new: whether its coming counts as one.
    func uses(ofNew priority: Priority) -> UInt32

    /// What is in ``EntryRecord/rank`` of an entry that is new.
    func rank(ofNew priority: Priority) -> UInt64

    /// Sets an entry's size without counting a use. Nothing happens for an unknown key.
    mutating func resize(_ key: Key, size: Int)

    /// The time of what is noted from now on, in seconds since 1970.
    mutating func advance(to now: Int64)

    /// Seconds between the last two uses of an entry; nil for an unknown key, and where it was used no more than once.
    func pause(of key: Key) -> Double?

    /// Entries that nobody has used since they came, and that came before a time in seconds since 1970; pinned ones left out. O(n).
    func unused(since time: Int64) -> [Key]

    /// What ``EvictionPolicy/victim()`` would take out; nil where there is none.
    var nextVictim: Key? { mutating get }
}

/// What a ``PersistentEvictionPolicy`` knows of an entry.
public struct EntryRecord: Hashable, Sendable {
    /// Bytes.
    public var size: Int
    /// As the policy counts them.
    public var uses: UInt32
    /// What the policy has beside that; no other policy's is taken for it without a bound.
    public var rank: UInt64
    /// Seconds since 1970.
    public var lastUse: Int64
    /// Of who brought it in; not written down by itself.
    public var priority: Priority

    public init(
        size: Int, uses: UInt32, rank: UInt64, lastUse: Int64, priority: Priority = .medium
    ) {
        self.size = size
        self.uses = uses
        self.rank = rank
        self.lastUse = lastUse
        self.priority = priority
    }

    /// What keeping the entry is worth at a time in seconds since 1970, by ``RetentionScore``.
    public func retention(at now: Int64) -> Double {
        RetentionScore.retention(age: Double(now) - Double(lastUse), priority: priority, uses: uses)
    }
}
