public import Glibc
public import Model
import Platform

/// A path: text, or bytes where it need not be UTF-8.
public protocol PathBytes: Sendable {
    var pathBytes: [UInt8] { get }
}

extension String: PathBytes {
    public var pathBytes: [UInt8] { Array(utf8) }
}

extension [UInt8]: PathBytes {
    public var pathBytes: [UInt8] { self }

    /// This path and a name below it.
    public static func / (directory: [UInt8], name: [UInt8]) -> [UInt8] {
        directory + [UInt8(ascii: "/")] + name
    }

    /// For messages: what is not printable ASCII in hexadecimal.
    public var printable: String {
        count > 300
            ? "\(self[..<100].map { $0 }.printable)… (\(count) bytes)"
            : map { byte in
                0x20 <= byte && byte < 0x7F
                    ? String(UnicodeScalar(byte)) : "\\x" + String(byte, radix: 16)
            }.joined()
    }
}

/// For lseek(2); Linux's own.
public let seekData: Int32 = 3
public let seekHole: Int32 = 4

/// System calls as a program makes them, thin and apart from the product's own, whose results they
/// judge.
public enum Calls {
    public static func check<Result: BinaryInteger & SignedNumeric>(
        _ call: () -> Result
    ) throws(Errno) -> Result {
        while true {
            let result = call()
            if result >= 0 { return result }
            let code = errno
            if code != EINTR { throw Errno(rawValue: code) }
        }
    }

    public static func withPath<Result>(
        _ path: some PathBytes, _ body: (UnsafePointer<CChar>) -> Result
    ) -> Result {
        let text = path.pathBytes.map { CChar(bitPattern: $0) } + [0]
        return text.withUnsafeBufferPointer { pointer in
            guard let start = pointer.baseAddress else { preconditionFailure("empty") }
            return body(start)
        }
    }

    public static func open(
        _ path: some PathBytes, _ flags: Int32 = O_RDONLY, mode: mode_t = 0o644
    ) throws(Errno) -> OpenFile {
        OpenFile(try check { withPath(path) { Glibc.open($0, flags | O_CLOEXEC, mode) } })
    }

    /// Of the thing itself, also if it is a link.
    public static func status(_ path: some PathBytes) throws(Errno) -> stat {
        var status = stat()
        _ = try check { withPath(path) { lstat($0, &status) } }
        return status
    }

    public static func exists(_ path: some PathBytes) -> Bool { (try? status(path)) != nil }

    /// Names without `.` and `..`, in the order in which they come.
    public static func names(_ path: some PathBytes) throws(Errno) -> [[UInt8]] {
        guard let directory = withPath(path, { opendir($0) }) else { throw Errno(rawValue: errno) }
        defer { closedir(directory) }
        var found: [[UInt8]] = []
        while true {
            errno = 0
            guard let entry = readdir(directory) else {
                if errno != 0 { throw Errno(rawValue: errno) }
                return found
            }
            let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                tuple.withMemoryRebound(to: UInt8.self, capacity: 256) { bytes in
                    Array(UnsafeBufferPointer(start: bytes, count: strlen(bytes)))
                }
            }
            if name != [0x2E] && name != [0x2E, 0x2E] { found.append(name) }
        }
    }

    public static func linkTarget(_ path: some PathBytes) throws(Errno) -> [UInt8] {
        var buffer = [CChar](repeating: 0, count: 8192)
        let length = try check { withPath(path) { readlink($0, &buffer, buffer.count) } }
        return buffer[..<length].map(UInt8.init(bitPattern:))
    }

    public static func access(_ path: some PathBytes, _ mode: Int32) throws(Errno) {
        _ = try check { withPath(path) { Glibc.access($0, mode) } }
    }

    /// The whole file, as `cat` reads it.
    public static func contents(_ path: some PathBytes) throws(Errno) -> [UInt8] {
        let file = try open(path)
        var bytes: [UInt8] = []
        while true {
            let more = try file.read(at: Int64(bytes.count), 1 << 20)
            if more.isEmpty { return bytes }
            bytes += more
        }
    }

    // MARK: Changes

    public static func makeDirectory(_ path: some PathBytes, mode: mode_t = 0o755) throws(Errno) {
        _ = try check { withPath(path) { mkdir($0, mode) } }
    }

    public static func unlink(_ path: some PathBytes) throws(Errno) {
        _ = try check { withPath(path) { Glibc.unlink($0) } }
    }

    public static func removeDirectory(_ path: some PathBytes) throws(Errno) {
        _ = try check { withPath(path) { rmdir($0) } }
    }

    public static func rename(_ from: some PathBytes, to: some PathBytes) throws(Errno) {
        _ = try check { withPath(from) { old in withPath(to) { Glibc.rename(old, $0) } } }
    }

    public static func link(_ from: some PathBytes, to: some PathBytes) throws(Errno) {
        _ = try check { withPath(from) { old in withPath(to) { Glibc.link(old, $0) } } }
    }

    public static func symbolicLink(_ target: some PathBytes, at path: some PathBytes) throws(Errno)
    {
        _ = try check { withPath(target) { to in withPath(path) { symlink(to, $0) } } }
    }

    public static func setMode(_ path: some PathBytes, _ mode: mode_t) throws(Errno) {
        _ = try check { withPath(path) { chmod($0, mode) } }
    }

    public static func setOwner(_ path: some PathBytes, _ user: uid_t) throws(Errno) {
        _ = try check { withPath(path) { lchown($0, user, user) } }
    }

    public static func truncate(_ path: some PathBytes, _ size: Int64) throws(Errno) {
        _ = try check { withPath(path) { Glibc.truncate($0, off_t(size)) } }
    }

    public static func makeFIFO(_ path: some PathBytes) throws(Errno) {
        _ = try check { withPath(path) { mkfifo($0, 0o644) } }
    }

    /// Sets the time of the last change of the contents.
    public static func setModified(_ path: some PathBytes, seconds: Int, nanoseconds: Int = 0)
        throws(Errno)
    {
        let times = [
            timespec(tv_sec: seconds, tv_nsec: nanoseconds),
            timespec(tv_sec: seconds, tv_nsec: nanoseconds),
        ]
        _ = try check { withPath(path) { utimensat(AT_FDCWD, $0, times, AT_SYMLINK_NOFOLLOW) } }
    }

    /// Makes the file, or replaces what is in it.
    public static func write(_ bytes: [UInt8], to path: some PathBytes, flags: Int32 = O_TRUNC)
        throws(Errno)
    {
        let file = try open(path, O_WRONLY | O_CREAT | flags)
        try file.write(bytes, at: 0)
    }
}

/// A descriptor that closes when it is let go of.
public final class OpenFile: Sendable {
    public let descriptor: Int32

    public init(_ descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// Up to `count` bytes, as one `pread(2)` gives them.
    public func read(at offset: Int64, _ count: Int) throws(Errno) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: count)
        let got = try Calls.check {
            buffer.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress, $0.count, off_t(offset))
            }
        }
        if got < count { buffer.removeLast(count - got) }
        return buffer
    }

    /// As ``read(at:_:)``, into memory that `O_DIRECT` takes.
    public func readDirectly(at offset: Int64, _ count: Int) throws(Errno) -> [UInt8] {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 4096)
        defer { memory.deallocate() }
        let got = try Calls.check { pread(descriptor, memory.baseAddress, count, off_t(offset)) }
        return Array(memory[..<got])
    }

    public func write(_ bytes: [UInt8], at offset: Int64) throws(Errno) {
        var done = 0
        while done < bytes.count {
            done += try Calls.check {
                bytes[done...].withUnsafeBytes {
                    pwrite(descriptor, $0.baseAddress, $0.count, off_t(offset) + off_t(done))
                }
            }
        }
    }

    public func status() throws(Errno) -> stat {
        var status = stat()
        _ = try Calls.check { fstat(descriptor, &status) }
        return status
    }

    public func seek(_ offset: Int64, _ whence: Int32) throws(Errno) -> Int64 {
        Int64(try Calls.check { lseek(descriptor, off_t(offset), whence) })
    }

    /// Drops the kernel's clean pages of the file.
    public func dropPages() {
        posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
    }
}
