import Glibc
import Model
import TestSupport

/// A file mapped into memory, whose pages are read without danger.
///
/// Touching a page that cannot be read raises SIGBUS and would end all tests; a system call that is
/// given such a page as its input fails with EFAULT instead.
final class MappedFile {
    private let start: UnsafeMutableRawPointer
    let count: Int
    private var pipe: [Int32] = [-1, -1]

    /// Maps the first `count` bytes (at least 1), shared with all who have the file.
    init(_ file: OpenFile, count: Int, isWritable: Bool = false) throws(Errno) {
        let protection = isWritable ? PROT_READ | PROT_WRITE : PROT_READ
        guard let mapping = mmap(nil, count, protection, MAP_SHARED, file.descriptor, 0),
            mapping != MAP_FAILED
        else { throw Errno(rawValue: errno) }
        start = mapping
        self.count = count
        var ends: [Int32] = [-1, -1]
        _ = try Calls.check { Glibc.pipe(&ends) }
        pipe = ends
    }

    deinit {
        munmap(start, count)
        for end in pipe { close(end) }
    }

    /// - Throws: `EFAULT` where the page cannot be read: behind the end, or an error of the file
    ///   system.
    func read(_ range: Range<Int>) throws(Errno) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: range.count)
        var done = 0
        // At most what a pipe holds without anybody reading it.
        let step = 32 << 10
        while done < range.count {
            let length = min(step, range.count - done)
            let from = start + range.lowerBound + done
            let written = try Calls.check { Glibc.write(pipe[1], from, length) }
            var moved = 0
            while moved < written {
                moved += try Calls.check {
                    bytes.withUnsafeMutableBytes { target in
                        Glibc.read(
                            pipe[0], target.baseAddress.map { $0 + done + moved }, written - moved)
                    }
                }
            }
            done += written
        }
        return bytes
    }

    /// Stores into the mapping.
    ///
    /// - Throws: `EFAULT` as ``read(_:)``.
    func write(_ bytes: [UInt8], at offset: Int) throws(Errno) {
        precondition(offset + bytes.count <= count)
        var done = 0
        let step = 32 << 10
        while done < bytes.count {
            let length = min(step, bytes.count - done)
            let written = try Calls.check {
                bytes.withUnsafeBytes { source in
                    Glibc.write(pipe[1], source.baseAddress.map { $0 + done }, length)
                }
            }
            var moved = 0
            while moved < written {
                let to = start + offset + done + moved
                moved += try Calls.check { Glibc.read(pipe[0], to, written - moved) }
            }
            done += written
        }
    }

    /// Sends what was stored, and waits for it.
    func synchronize() throws(Errno) {
        _ = try Calls.check { msync(start, count, MS_SYNC) }
    }
}
