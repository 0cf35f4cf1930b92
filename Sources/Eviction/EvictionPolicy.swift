/// Decides which entry of a tier goes next. A pure value: no clock, no I/O, no lock of its own.
///
/// A tier keeps a policy under its own lock, tells it what happens, and asks it for victims. The policy
/// knows keys and sizes, never contents. Every operation takes O(log n) or better.
public protocol EvictionPolicy<Key>: Sendable {
    associatedtype Key: Hashable & Sendable

    /// Entries.
    var count: Int { get }
    /// Sum of the sizes, in bytes.
    var totalSize: Int { get }

    func contains(_ key: Key) -> Bool

    /// Takes a new entry in, as just used. A known key gets the new traits and is the most recent one; whether that counts as a
    /// use, too, is the policy's.
    mutating func insert(_ key: Key, _ traits: EntryTraits)

    /// Notes a use. Nothing happens for an unknown key.
    mutating func touch(_ key: Key)

    /// Forgets an entry that went for another reason than ``victim()``.
    ///
    /// - Returns: its size in bytes, nil for an unknown key.
    @discardableResult
    mutating func remove(_ key: Key) -> Int?

    /// Keeps an entry from being a victim; it counts as any other. Nothing happens for an unknown key.
    mutating func pin(_ key: Key)

    /// Ends that: the entry is as one that was just used.
    mutating func unpin(_ key: Key)

    /// Takes out the entry that is worth least; nil where there is none that is not pinned. A caller that cannot let it go after all
    /// inserts it again.
    mutating func victim() -> (key: Key, size: Int)?
}

extension EvictionPolicy {
    /// Takes in what is no part of a file.
    public mutating func insert(_ key: Key, size: Int) { insert(key, EntryTraits(size: size)) }
}
