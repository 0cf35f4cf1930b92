import Glibc
import Platform
import TestSupport
import Testing

/// What the kernel says about the memory of a pool.
@Suite(.serialized) struct BufferPoolTests {
    private static let hugePage = 2 << 20
    private static let page = Int(getpagesize())

    /// Fills what khugepaged would fill in minutes, at once (Linux 6.1).
    private static func collapse(_ address: UInt) -> Bool {
        let collapse: Int32 = 25
        return madvise(UnsafeMutableRawPointer(bitPattern: address), hugePage, collapse) == 0
    }

    /// Whether this kernel can be asked to fill holes: tried on one page of a huge page that wants it.
    static let canCollapse: Bool = {
        let size = 2 * hugePage
        guard
            let start = mmap(
                nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            start != MAP_FAILED
        else { return false }
        defer { munmap(start, size) }
        let first = (UInt(bitPattern: start) + UInt(hugePage) - 1) & ~(UInt(hugePage) - 1)
        madvise(UnsafeMutableRawPointer(bitPattern: first), hugePage, MADV_NOHUGEPAGE)
        UnsafeMutableRawPointer(bitPattern: first)?.storeBytes(of: 1, as: UInt8.self)
        madvise(UnsafeMutableRawPointer(bitPattern: first), hugePage, MADV_HUGEPAGE)
        return collapse(first) && resident([first]) == hugePage
    }()

    /// Bytes of these huge pages that are resident.
    private static func resident(_ addresses: some Sequence<UInt>) -> Int {
        var sum = 0
        var pages = [UInt8](repeating: 0, count: hugePage / page)
        for address in addresses {
            guard let start = UnsafeMutableRawPointer(bitPattern: address),
                mincore(start, hugePage, &pages) == 0
            else { continue }
            sum += pages.reduce(0) { $0 + Int($1 & 1) } * page
        }
        return sum
    }

    private static func slab(of buffer: BlockBuffer) -> UInt {
        UInt(bitPattern: buffer.writable.baseAddress) & ~(UInt(hugePage) - 1)
    }

    private static func fill(_ buffer: BlockBuffer, _ byte: UInt8) {
        buffer.writable.initializeMemory(as: UInt8.self, repeating: byte)
    }

    /// Rounds of small and of large blocks, each of which leaves a tenth behind, anywhere; then all holes are filled
    /// that the kernel is willing to fill.
    @Test(
        .enabled(
            if: Requirement.isMet(canCollapse), "needs MADV_COLLAPSE (Linux 6.1) and huge pages"))
    func holesStayHoles() throws {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SplitMix(seed: seed)
        let pool = BufferPool(idleBytesMax: 4 << 20)
        var slabs = Set<UInt>()
        var kept: [BlockBuffer] = []
        for round in 0..<8 {
            var held: [BlockBuffer] = []
            var bytes = 0
            while bytes < 48 << 20 {
                let size =
                    round % 2 == 0
                    ? Int.random(in: 1...(16 << 10), using: &generator)
                    : Int.random(in: (16 << 10)...(64 << 10), using: &generator)
                let buffer = pool.buffer(holding: size)
                Self.fill(buffer, UInt8(truncatingIfNeeded: round + 1))
                slabs.insert(Self.slab(of: buffer))
                bytes += buffer.capacity
                held.append(buffer)
            }
            kept.removeAll { _ in Int.random(in: 0..<3, using: &generator) == 0 }
            kept += held.filter { _ in Int.random(in: 0..<10, using: &generator) == 0 }
        }
        let known = kept.reduce(0) { $0 + $1.capacity }
        #expect(pool.liveBytes == known)
        for slab in slabs { _ = Self.collapse(slab) }
        let bound = known + pool.idleBytesMax + BufferPool.begunBytesMax
        let resident = Self.resident(slabs)
        #expect(resident <= bound, "\(resident >> 20) MiB, bound \(bound >> 20); seed \(seed)")
        #expect(pool.residentBytesMax <= bound)
        for buffer in kept {
            let first = buffer.writable.first
            #expect(buffer.writable.allSatisfy { $0 == first } && first != 0, "seed \(seed)")
        }
    }

    /// One fault for 512 pages is why slabs are what they are.
    @Test(
        .enabled(
            if: Requirement.isMet(canCollapse), "needs MADV_COLLAPSE (Linux 6.1) and huge pages"))
    func aNewSlabIsOneHugePage() {
        let pool = BufferPool()
        let buffer = pool.buffer(holding: 64 << 10)
        #expect(Self.resident([Self.slab(of: buffer)]) == Self.hugePage)
    }

    @Test func whatIsGivenBackIsKeptUpToTheLimitOnly() {
        let pool = BufferPool(idleBytesMax: 2 << 20)
        var held = (0..<1024).map { _ in pool.buffer(holding: 64 << 10) }
        let slabs = Set(held.map(Self.slab(of:)))
        for buffer in held { Self.fill(buffer, 1) }
        #expect(Self.resident(slabs) == 64 << 20)
        held.removeAll()
        #expect(pool.liveBytes == 0)
        #expect(Self.resident(slabs) <= 2 << 20)
        #expect(pool.residentBytesMax <= 2 << 20)
    }

    /// Threads that take, fill, check and give back: each finds in its buffers what it wrote.
    @Test func threadsShareIt() async {
        let pool = BufferPool(idleBytesMax: 1 << 20)
        await withTaskGroup(of: Int.self) { group in
            for thread in 0..<4 {
                group.addTask {
                    var generator = SplitMix(seed: UInt64(thread))
                    var held: [(buffer: BlockBuffer, byte: UInt8)] = []
                    var wrong = 0
                    for step in 0..<3000 {
                        let size = 1 << Int.random(in: 0...16, using: &generator)
                        let byte = UInt8(truncatingIfNeeded: step &* 4 &+ thread)
                        let buffer = pool.buffer(holding: size)
                        Self.fill(buffer, byte)
                        held.append((buffer, byte))
                        guard held.count > (step / 500 % 2 == 0 ? 200 : 20) else { continue }
                        let place = Int.random(in: 0..<held.count, using: &generator)
                        held.swapAt(place, held.count - 1)
                        if let last = held.popLast(),
                            last.buffer.writable.first != last.byte
                                || last.buffer.writable.last != last.byte
                        {
                            wrong += 1
                        }
                    }
                    return wrong
                }
            }
            for await wrong in group { #expect(wrong == 0) }
        }
        #expect(pool.liveBytes == 0)
        #expect(pool.residentBytesMax <= 1 << 20)
    }
}
