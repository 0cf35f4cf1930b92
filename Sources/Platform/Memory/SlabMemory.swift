import Glibc

/// The address space of slabs, and what the kernel is told about it.
///
/// Huge pages are asked for slab by slab, for the moment in which a slab is opened, and ruled out for the rest of the
/// time: while the advice stands (`MADV_HUGEPAGE`, or `enabled` is `always`), khugepaged fills the holes of a
/// slab that has any page (`max_ptes_none` is 511), and what was given back is resident again within minutes of
/// doing nothing. A huge page that is there stays one. Since all of a region has the same advice again
/// afterwards, it is one mapping of the process however many slabs have holes: `vm.max_map_count` is never near.
///
/// Lives in a lock: whoever holds it maps and opens. Giving back needs none.
struct SlabMemory: Sendable {
    private struct Region: Sendable {
        var start: UInt
        var bytes: Int
    }

    private static let regionBytesMin = 16 << 20
    private static let regionBytesMax = 1 << 30

    private var regions: [Region] = []
    private var mappedBytes = 0

    /// More address space, without pages: a quarter of what there is (16 MiB ... 1 GiB), so that even large tiers have
    /// few regions. - Returns: the addresses of the slabs in it.
    mutating func map() -> [UInt] {
        let wanted = min(Self.regionBytesMax, max(Self.regionBytesMin, mappedBytes / 4))
        let size = wanted & ~(Slab.bytes - 1)
        let start = Self.mapAligned(size)
        // Advice only: kernels without huge pages refuse it, and have none to rule out.
        Self.advise(start, size, MADV_NOHUGEPAGE)
        regions.append(Region(start: start, bytes: size))
        mappedBytes += size
        return stride(from: start, to: start + UInt(size), by: Slab.bytes).map { $0 }
    }

    private static func mapAligned(_ size: Int) -> UInt {
        // More than is kept, so that the first slab can begin where a huge page does.
        let mappedSize = size + Slab.bytes
        let mapped = mmap(
            nil, mappedSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let mapped, mapped != MAP_FAILED else {
            // Same as Swift's own behaviour when an array cannot grow.
            fatalError("out of memory: no \(mappedSize) bytes for block buffers")
        }
        let first = UInt(bitPattern: mapped)
        let start = (first + UInt(Slab.bytes) - 1) & ~(UInt(Slab.bytes) - 1)
        let before = Int(start - first)
        if before > 0 { munmap(mapped, before) }
        munmap(UnsafeMutableRawPointer(bitPattern: start + UInt(size)), Slab.bytes - before)
        return start
    }

    mutating func unmapAll() {
        for region in regions {
            munmap(UnsafeMutableRawPointer(bitPattern: region.start), region.bytes)
        }
        regions = []
        mappedBytes = 0
    }

    /// Gives a slab that has no pages its huge page: one fault for 512. Faults page by page were a sixth of the time that
    /// a film from the disk tier took while memory was still filling. Where no huge page can be had, they are.
    static func open(_ slab: UInt) {
        advise(slab, Slab.bytes, MADV_HUGEPAGE)
        UnsafeMutableRawPointer(bitPattern: slab)?.storeBytes(of: 0, as: UInt8.self)
        advise(slab, Slab.bytes, MADV_NOHUGEPAGE)
    }

    /// Brings the pages of a buffer that has none, and is about to be filled: one call instead of up to 16 faults, a third
    /// less time. Before Linux 5.14 they come with the faults.
    static func populate(_ start: UInt, _ count: Int) {
        let populateWrite: Int32 = 23
        if count > Int(getpagesize()) { advise(start, count, populateWrite) }
    }

    static func giveBack(_ release: SlabRelease) {
        switch release.part {
        case .whole:
            advise(release.address, Slab.bytes, MADV_DONTNEED)
        case .slots(let slots, let bytesEach, let splits):
            for run in slots.runs {
                giveBackRun(
                    release.address + UInt(run.lowerBound * bytesEach), run.count * bytesEach,
                    splits: splits)
            }
        }
    }

    /// Parts of a huge page that are unmapped are not free before memory is short; `MADV_FREE` of a part has the kernel
    /// split it now. Without, 496 of 512 MiB left the process's account and none was to be had by others.
    private static func giveBackRun(_ start: UInt, _ count: Int, splits: Bool) {
        let pageSize = UInt(getpagesize())
        // The kernel rounds the end up: where pages are larger than a slot, that is a neighbour's.
        let first = (start + pageSize - 1) & ~(pageSize - 1)
        let end = (start + UInt(count)) & ~(pageSize - 1)
        guard first < end else { return }
        if splits { advise(first, Int(end - first), MADV_FREE) }
        advise(first, Int(end - first), MADV_DONTNEED)
    }

    private static func advise(_ start: UInt, _ count: Int, _ advice: Int32) {
        madvise(UnsafeMutableRawPointer(bitPattern: start), count, advice)
    }
}
