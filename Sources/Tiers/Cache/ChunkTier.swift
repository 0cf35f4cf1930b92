public import Model

/// A place between memory and the share that holds chunks of file versions: a disk, another machine.
///
/// A tier answers later and on a thread of its own. Nothing that goes wrong in it reaches a reader: what it cannot load is absent,
/// what it cannot store is dropped. ``TierChain`` asks tiers one after the other, leaves out for a while one that is in
/// trouble, and waits for none longer than its ``patience``. Threads: every method from any thread; only
/// ``TierObject/loadHere(_:of:completion:)`` may wait.
public protocol ChunkTier: AnyObject, Sendable {
    /// For status and metrics: one word.
    var name: String { get }

    /// How long the chain waits for a load before it asks the next tier; nil for a tier that answers in a bounded time by itself.
    var patience: Duration? { get }

    /// The one object of a file version. No I/O.
    func object(_ identity: ObjectIdentity) -> any TierObject

    /// Finds out whether a version is stored in chunks of another size than its identity says, and of that size not at all.
    ///
    /// - Parameters:
    ///   - resized: gives its identity with another chunk size.
    ///   - completion: called once, at once where that is known; with the identity that it is stored by, nil where it is not so.
    func findStored(
        _ identity: ObjectIdentity, resized: @escaping @Sendable (Int) -> ObjectIdentity,
        completion: @escaping @Sendable (ObjectIdentity?) -> Void)

    /// Removes one version, behind the caller's back.
    func discard(_ identity: ObjectIdentity)

    /// Counts what readers asked for: what of it was here, and what was not.
    func note(_ asked: AskedBlocks)
}

/// One version of a file in a tier.
public protocol TierObject: Sendable {
    /// Blocks of a chunk that are here; nil where that is not known without I/O. O(1).
    func stored(_ chunk: ChunkIndex) -> BlockMask?

    /// Finds out which blocks of a chunk are here, and by the way of its neighbours, for ``stored(_:)`` to know.
    ///
    /// - Parameter completion: called once, also where the tier cannot tell.
    /// - Returns: false where nothing would be loaded: `completion` is not called.
    func findStored(_ chunk: ChunkIndex, completion: @escaping @Sendable () -> Void) -> Bool

    /// Loads blocks of a chunk.
    ///
    /// - Parameters:
    ///   - isUrgent: somebody waits for them; goes before what is loaded ahead.
    ///   - completion: called once, with those that are here and sound, lowest first; after ``TierLoad/cancel()`` with any part.
    /// - Returns: nil where the tier takes no more: `completion` is not called.
    func load(
        _ blocks: BlockMask, of chunk: ChunkIndex, isUrgent: Bool,
        completion: @escaping @Sendable ([LoadedBlock]) -> Void
    ) -> (any TierLoad)?

    /// As ``load(_:of:isUrgent:completion:)``, by the calling thread where that takes no longer than to wake another.
    ///
    /// - Returns: false instead of nil.
    func loadHere(
        _ blocks: BlockMask, of chunk: ChunkIndex,
        completion: @escaping @Sendable ([LoadedBlock]) -> Void
    ) -> Bool

    /// Whether a chunk of which something was just loaded belongs into the tiers before this one, by how it is used; counted, where it does.
    func movesUp(_ chunk: ChunkIndex) -> Bool

    /// Offers blocks, behind the reader's back. Never blocks; what does not fit is dropped.
    ///
    /// - Parameter priority: of who has read them.
    func store(_ blocks: [LoadedBlock], of chunk: ChunkIndex, priority: Priority)
}

extension ChunkTier {
    public func findStored(
        _ identity: ObjectIdentity, resized: @escaping @Sendable (Int) -> ObjectIdentity,
        completion: @escaping @Sendable (ObjectIdentity?) -> Void
    ) {
        completion(nil)
    }
}

extension TierObject {
    public func movesUp(_ chunk: ChunkIndex) -> Bool { true }

    public func store(_ blocks: [LoadedBlock], of chunk: ChunkIndex) {
        store(blocks, of: chunk, priority: .medium)
    }
}

/// A load under way.
public protocol TierLoad: Sendable {
    /// Somebody waits for what was not urgent.
    func promote()

    /// Nobody wants it any more. It completes all the same, sooner if the tier can end it.
    func cancel()
}

/// Blocks of a chunk that are in memory neither now nor soon.
public struct MissingBlocks: Sendable {
    public var chunk: ChunkIndex
    public var blocks: BlockMask
}
