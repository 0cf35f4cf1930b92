import Model

import CLinux
import Glibc

/// A process that reads in this one's place, with its descriptors and its memory: `clone(2)` without `CLONE_THREAD`.
///
/// A thread that waits in the kernel for a server can, in some places, neither be frozen nor be made to return but by killing
/// it, and `SIGKILL` kills whole processes. So the waiting is done by one that has nothing to lose. It reads into pages of its
/// own: the kernel may write an answer that comes late into pages that were given to it, long after the process is gone,
/// so these are never used for anything again.
///
/// `@unchecked Sendable` is sound because of the two pointers only: ``order(_:at:count:)``, ``wait()`` and ``bytes`` are for
/// the one thread that has taken the reader from its pool, and the rest is atomic.
final class ReaderProcess: @unchecked Sendable {
    /// What one order can bring.
    static let bytesMax = 1 << 20

    private static let page = Int(getpagesize())
    private static let stackBytes = 32 << 10

    enum Outcome {
        case read(count: Int)
        case failed(Errno)
        /// Somebody did not want to wait any longer.
        case givenUp
        /// The process is gone, and nobody here has ended it.
        case died
    }

    let pid: Int32
    private let mapping: UnsafeMutableRawPointer
    private let control: UnsafeMutablePointer<larder_reader>
    /// Set by the thread that keeps readers.
    private var isReaped = false

    private static var mappingBytes: Int { page + stackBytes + page + bytesMax }

    /// To be called on a thread that lives as long as the reader, which ends with it.
    init() throws(Errno) {
        let mapped = mmap(
            nil, Self.mappingBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let mapped, mapped != MAP_FAILED else { throw Errno(rawValue: errno) }
        // Below the stack, which grows downwards.
        mprotect(mapped, Self.page, PROT_NONE)
        let stackEnd = mapped + Self.page + Self.stackBytes
        let control = stackEnd.bindMemory(to: larder_reader.self, capacity: 1)
        control.pointee.bytes = stackEnd + Self.page
        var started: Int32 = 0
        let failure = larder_reader_start(control, stackEnd, getpid(), &started)
        guard failure == 0 else {
            munmap(mapped, Self.mappingBytes)
            throw Errno(rawValue: failure)
        }
        mapping = mapped
        self.control = control
        pid = started
    }

    /// What is mapped stays so for a process that may still be there.
    deinit {
        if isReaped { munmap(mapping, Self.mappingBytes) }
    }

    /// - Returns: false where the process is gone.
    func order(_ descriptor: Int32, at offset: Int64, count: Int) -> Bool {
        larder_reader_order(control, descriptor, offset, UInt64(min(count, Self.bytesMax))) != 0
    }

    /// Blocks until what was ordered is there; may be frozen.
    func wait() -> Outcome {
        switch larder_reader_wait(control) {
        case UInt32(larder_reader_idle):
            let result = control.pointee.result
            return result < 0
                ? .failed(Errno(rawValue: Int32(-result))) : .read(count: Int(result))
        case UInt32(larder_reader_given_up): return .givenUp
        default: return .died
        }
    }

    /// What was read last, until the next order.
    var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: control.pointee.bytes, count: Self.bytesMax)
    }

    /// Has who waits go away, and ends the process. Its end may be far away where its call cannot be ended.
    ///
    /// - Returns: false where nobody waits.
    func giveUp() -> Bool {
        guard larder_reader_give_up(control) != 0 else { return false }
        kill()
        return true
    }

    /// Safe as long as it was not reaped: until then its number is nobody else's.
    func kill() {
        _ = Glibc.kill(pid, SIGKILL)
    }

    /// - Returns: whether it is over with the process.
    func reap() -> Bool {
        if larder_reader_reap(pid) != 0 { isReaped = true }
        return isReaped
    }
}
