import Glibc
import Synchronization

/// Recycles the memory of block buffers, in power-of-two classes from 4 to 64 KiB.
///
/// Memory is cut into slabs of one huge page, a slab into buffers of one class without a byte between them:
/// `malloc` would add a page to each for the alignment. Which buffer is where is decided by ``SlabTable``, a
/// pure value; what the kernel is told, by ``SlabMemory``. What is given back is kept for reuse up to
/// ``idleBytesMax``; beyond that the emptiest slabs lose their free pages, and slabs that empty are whole
/// again. Resident are never more than ``residentBytesMax``, whatever the history and however long ago.
///
/// Threads: any. Neither lock is held while pages are given back; a slab is opened under a lock of its own, which
/// only those wait for who need a new slab too.
public final class BufferPool: Sendable {
    /// Bytes kept for reuse, at most; beside them each class may have begun one slab.
    public let idleBytesMax: Int
    private let table: Mutex<SlabTable>
    private let memory = Mutex(SlabMemory())

    public init(idleBytesMax: Int = 16 << 20) {
        self.idleBytesMax = idleBytesMax
        table = Mutex(SlabTable(idleBytesMax: idleBytesMax))
    }

    /// Every buffer holds its pool, so none is left when this runs.
    deinit {
        memory.withLock { $0.unmapAll() }
    }

    /// Capacity of the buffer that ``buffer(holding:)`` returns for `count` bytes.
    public static func capacity(holding count: Int) -> Int { SizeClass(holding: count).bytes }

    /// An empty buffer for at least `count` bytes (1 ... 65,536); contents undefined.
    public func buffer(holding count: Int) -> BlockBuffer {
        let size = SizeClass(holding: count)
        let taken = table.withLock { $0.take(size) } ?? takeOfNewSlab(size)
        if taken.isCold { SlabMemory.populate(taken.address, size.bytes) }
        let storage = UnsafeMutableRawBufferPointer(
            start: UnsafeMutableRawPointer(bitPattern: taken.address), count: size.bytes)
        return BlockBuffer(storage: storage, slot: taken.slot, pool: self)
    }

    /// One thread opens a slab at a time: those that come meanwhile find its other slots when it is there.
    private func takeOfNewSlab(_ size: SizeClass) -> SlabTable.Taken {
        let (taken, release) = memory.withLock { memory -> (SlabTable.Taken, SlabRelease?) in
            if let taken = table.withLock({ $0.take(size) }) { return (taken, nil) }
            let slab = table.withLock { $0.reserve() } ?? mapMore(&memory)
            SlabMemory.open(slab.address)
            return table.withLock { $0.begin(slab.number, size) }
        }
        carryOut(release)
        return taken
    }

    private func mapMore(_ memory: inout SlabMemory) -> SlabTable.Reserved {
        let addresses = memory.map()
        return table.withLock { $0.add(addresses) }
    }

    func giveBack(_ slot: SlabSlot) {
        carryOut(table.withLock { $0.giveBack(slot) })
    }

    private func carryOut(_ release: SlabRelease?) {
        var next = release
        while let release = next {
            SlabMemory.giveBack(release)
            next = table.withLock { $0.released(release) }
        }
    }

    /// Bytes of buffers that somebody holds now.
    public var liveBytes: Int { table.withLock { $0.liveBytes } }

    /// Bytes that are resident now, at most: of buffers that somebody holds, kept for reuse, and of slabs begun.
    /// What other threads are about to give back comes on top.
    public var residentBytesMax: Int {
        table.withLock { $0.liveBytes + $0.idleBytes + $0.begunBytes }
    }

    /// Bytes of slabs begun and not full, at most.
    public static let begunBytesMax = SizeClass.count * Slab.bytes
}
