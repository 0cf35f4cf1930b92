import Platform
import Synchronization

/// Page-aligned working memory for reading packed chunks past the page cache. Threads: any.
final class ScratchPool: Sendable {
    /// Room for the largest chunk and a page before and behind it.
    static let size = (4 << 20) + (8 << 10)
    /// Kept for reuse; one per thread of the disk pool.
    private static let idleMax = 4

    /// `@unchecked Sendable` is sound: one thread has it at a time, handed over through the pool's lock.
    final class Scratch: @unchecked Sendable {
        let bytes = UnsafeMutableRawBufferPointer.allocate(
            byteCount: ScratchPool.size, alignment: 4096)

        deinit {
            bytes.deallocate()
        }
    }

    private let idle = Mutex<[Scratch]>([])

    func withScratch<Result, Failure: Error>(
        _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let scratch = idle.withLock { $0.popLast() } ?? Scratch()
        defer { idle.withLock { if $0.count < Self.idleMax { $0.append(scratch) } } }
        return try body(scratch.bytes)
    }
}
