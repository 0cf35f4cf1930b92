import Glibc
import Synchronization

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
    /// Bytes that hold data, from the front. Set by the filler before the buffer is published.
    public private(set) var count: Int

    fileprivate init(storage: UnsafeMutableRawBufferPointer, pool: BufferPool) {
        self.storage = storage
        self.pool = pool
        count = 0
    }

    deinit {
        pool.giveBack(storage)
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

/// Recycles the memory of block buffers, in power-of-two classes from 4 to 64 KiB.
///
/// Threads: any. What is free beyond ``idleBytesMax`` goes back to the system.
public final class BufferPool: Sendable {
    private struct State {
        /// Addresses that the pool owns, by size class.
        var free: [[UInt]] = Array(repeating: [], count: classCount)
        var idleBytes = 0
        var liveBytes = 0
    }

    private static let smallest = 4 << 10
    private static let classCount = 5

    /// Bytes kept for reuse, at most.
    public let idleBytesMax: Int
    private let state = Mutex(State())

    public init(idleBytesMax: Int = 16 << 20) {
        self.idleBytesMax = idleBytesMax
    }

    deinit {
        state.withLock { state in
            for list in state.free {
                for address in list { free(UnsafeMutableRawPointer(bitPattern: address)) }
            }
        }
    }

    private static func sizeClass(for count: Int) -> Int {
        var index = 0
        while smallest << index < count { index += 1 }
        precondition(index < classCount, "block larger than 64 KiB")
        return index
    }

    /// Capacity of the buffer that ``buffer(holding:)`` returns for `count` bytes.
    public static func capacity(holding count: Int) -> Int { smallest << sizeClass(for: count) }

    /// An empty buffer for at least `count` bytes (1 ... 65,536); contents undefined.
    public func buffer(holding count: Int) -> BlockBuffer {
        let index = Self.sizeClass(for: count)
        let size = Self.smallest << index
        let recycled = state.withLock { state -> UInt? in
            state.liveBytes += size
            guard let address = state.free[index].popLast() else { return nil }
            state.idleBytes -= size
            return address
        }
        let pointer: UnsafeMutableRawPointer
        if let recycled = recycled.flatMap(UnsafeMutableRawPointer.init(bitPattern:)) {
            pointer = recycled
        } else {
            var fresh: UnsafeMutableRawPointer?
            guard posix_memalign(&fresh, 4096, size) == 0, let fresh else {
                // Same as Swift's own behaviour when an array cannot grow.
                fatalError("out of memory: no \(size) bytes for a block buffer")
            }
            pointer = fresh
        }
        return BlockBuffer(
            storage: UnsafeMutableRawBufferPointer(start: pointer, count: size), pool: self)
    }

    fileprivate func giveBack(_ storage: UnsafeMutableRawBufferPointer) {
        guard let pointer = storage.baseAddress else { return }
        let size = storage.count
        let kept = state.withLock { state -> Bool in
            state.liveBytes -= size
            guard state.idleBytes + size <= idleBytesMax else { return false }
            state.free[Self.sizeClass(for: size)].append(UInt(bitPattern: pointer))
            state.idleBytes += size
            return true
        }
        if !kept { free(pointer) }
    }

    /// Bytes of buffers that somebody holds now.
    public var liveBytes: Int { state.withLock { $0.liveBytes } }
}
