/// The bytes of one block in memory: page-aligned, from a ``BufferPool``, given back when the last
/// reference goes.
///
/// `@unchecked Sendable` is sound because a buffer has two phases. While it is filled, one thread owns it
/// and nobody else has a reference. After it is published (put into a tier under that tier's lock), its
/// bytes never change again, and any thread may read them.
public final class BlockBuffer: @unchecked Sendable {
    /// Page-aligned; `capacity` bytes long.
    private let storage: UnsafeMutableRawBufferPointer
    private let pool: BufferPool
    private let slot: SlabSlot
    /// Bytes that hold data, from the front. Set by the filler before the buffer is published.
    public private(set) var count: Int

    init(storage: UnsafeMutableRawBufferPointer, slot: SlabSlot, pool: BufferPool) {
        self.storage = storage
        self.slot = slot
        self.pool = pool
        count = 0
    }

    deinit {
        pool.giveBack(slot)
    }

    public var capacity: Int { storage.count }

    /// The filled bytes, valid while the buffer is referenced (use inside `withExtendedLifetime`).
    public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: storage[..<count]) }

    /// The whole buffer, for filling it. Only before it is published.
    public var writable: UnsafeMutableRawBufferPointer { storage }

    /// Says how many bytes were filled in. Only before it is published.
    public func setCount(_ filled: Int) {
        precondition(filled <= capacity)
        count = filled
    }
}
