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
/// Memory comes from the kernel in slabs and is cut into buffers without a byte between them: `malloc` would add
/// a page to each for the alignment. What is given back is kept for reuse up to ``idleBytesMax``; beyond that its
/// pages go back to the kernel while the addresses stay with the pool. Threads: any.
public final class BufferPool: Sendable {
    private struct SizeClass {
        /// Addresses of buffers that nobody holds, with their pages.
        var warm: [UInt] = []
        /// The same, whose pages were given back.
        var cold: [UInt] = []
        /// What is left of the slab that is being cut.
        var slab: Range<UInt> = 0..<0
    }

    private struct State {
        var classes = Array(repeating: SizeClass(), count: classCount)
        var slabs: [UInt] = []
        var idleBytes = 0
        var liveBytes = 0
    }

    private static let smallest = 4 << 10
    private static let classCount = 5
    private static let slabSize = 4 << 20
    /// Of x86-64, and of arm64 with pages of 4 KiB; elsewhere the kernel takes the advice as far as it can.
    private static let hugePageSize = 2 << 20

    /// Bytes kept for reuse, at most.
    public let idleBytesMax: Int
    private let state = Mutex(State())

    public init(idleBytesMax: Int = 16 << 20) {
        self.idleBytesMax = idleBytesMax
    }

    /// Every buffer holds its pool, so none is left when this runs.
    deinit {
        state.withLock { state in
            for slab in state.slabs {
                munmap(UnsafeMutableRawPointer(bitPattern: slab), Self.slabSize)
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
        let address = state.withLock { state -> UInt in
            state.liveBytes += size
            if let warm = state.classes[index].warm.popLast() {
                state.idleBytes -= size
                return warm
            }
            if let cold = state.classes[index].cold.popLast() { return cold }
            if state.classes[index].slab.isEmpty {
                let start = Self.mapSlab()
                state.slabs.append(start)
                state.classes[index].slab = start..<(start + UInt(Self.slabSize))
            }
            let rest = state.classes[index].slab
            state.classes[index].slab = (rest.lowerBound + UInt(size))..<rest.upperBound
            return rest.lowerBound
        }
        let pointer = UnsafeMutableRawPointer(bitPattern: address)
        return BlockBuffer(
            storage: UnsafeMutableRawBufferPointer(start: pointer, count: size), pool: self)
    }

    /// A slab in huge pages: one fault for 512 pages. Faults page by page were a sixth of the time that a film from
    /// the disk tier took while memory was still filling.
    private static func mapSlab() -> UInt {
        // More than is kept, so that the slab can begin where a huge page does.
        let mappedSize = slabSize + hugePageSize
        let mapped = mmap(
            nil, mappedSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let mapped, mapped != MAP_FAILED else {
            // Same as Swift's own behaviour when an array cannot grow.
            fatalError("out of memory: no \(mappedSize) bytes for block buffers")
        }
        let start = UInt(bitPattern: mapped)
        let slab = (start + UInt(hugePageSize) - 1) & ~(UInt(hugePageSize) - 1)
        let end = slab + UInt(slabSize)
        let before = Int(slab - start)
        if before > 0 { munmap(mapped, before) }
        if mappedSize - slabSize > before {
            munmap(UnsafeMutableRawPointer(bitPattern: end), mappedSize - slabSize - before)
        }
        // Advice only: without it, all is as right and slower.
        madvise(UnsafeMutableRawPointer(bitPattern: slab), slabSize, MADV_HUGEPAGE)
        return slab
    }

    fileprivate func giveBack(_ storage: UnsafeMutableRawBufferPointer) {
        let address = UInt(bitPattern: storage.baseAddress)
        let size = storage.count
        let index = Self.sizeClass(for: size)
        let isKept = state.withLock { state -> Bool in
            state.liveBytes -= size
            guard state.idleBytes + size <= idleBytesMax else { return false }
            state.classes[index].warm.append(address)
            state.idleBytes += size
            return true
        }
        guard !isKept else { return }
        madvise(storage.baseAddress, size, MADV_DONTNEED)
        state.withLock { $0.classes[index].cold.append(address) }
    }

    /// Bytes of buffers that somebody holds now.
    public var liveBytes: Int { state.withLock { $0.liveBytes } }
}
