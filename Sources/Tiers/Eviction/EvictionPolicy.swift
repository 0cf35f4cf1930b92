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

    /// Takes a new entry in, as just used. A known key is touched and gets the new size.
    ///
    /// - Parameter size: bytes, 0 ... 4 GiB − 1.
    mutating func insert(_ key: Key, size: Int)

    /// Notes a use. Nothing happens for an unknown key.
    mutating func touch(_ key: Key)

    /// Forgets an entry that went for another reason than ``victim()``.
    ///
    /// - Returns: its size in bytes, nil for an unknown key.
    @discardableResult
    mutating func remove(_ key: Key) -> Int?

    /// Takes out the entry that is worth least. A caller that cannot let it go after all inserts it again.
    mutating func victim() -> (key: Key, size: Int)?
}
