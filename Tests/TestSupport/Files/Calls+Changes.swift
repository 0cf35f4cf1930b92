public import Glibc
public import Model

/// Linux's own calls and constants, which Swift's Glibc does not import: looked up by name.
public enum Linux {
    private static func function<Function>(_ name: String, as type: Function.Type) -> Function {
        // The program's own C library.
        guard let symbol = dlsym(dlopen(nil, RTLD_NOW), name) else {
            preconditionFailure("the C library has no \(name)")
        }
        return unsafeBitCast(symbol, to: type)
    }

    public typealias Path = UnsafePointer<CChar>?

    public static let renameat2 = function(
        "renameat2", as: (@convention(c) (Int32, Path, Int32, Path, UInt32) -> Int32).self)
    public static let fallocate = function(
        "fallocate", as: (@convention(c) (Int32, Int32, Int64, Int64) -> Int32).self)
    public static let copyFileRange = function(
        "copy_file_range",
        as: (@convention(c) (
            Int32, UnsafeMutablePointer<Int64>?, Int32, UnsafeMutablePointer<Int64>?, Int, UInt32
        ) -> Int).self)
    public static let lsetxattr = function(
        "lsetxattr",
        as: (@convention(c) (Path, Path, UnsafeRawPointer?, Int, Int32) -> Int32).self)
    public static let lgetxattr = function(
        "lgetxattr",
        as: (@convention(c) (Path, Path, UnsafeMutableRawPointer?, Int) -> Int).self)
    public static let llistxattr = function(
        "llistxattr", as: (@convention(c) (Path, UnsafeMutableRawPointer?, Int) -> Int).self)
    public static let lremovexattr = function(
        "lremovexattr", as: (@convention(c) (Path, Path) -> Int32).self)
    public static let ioctl = function(
        "ioctl", as: (@convention(c) (Int32, UInt, UInt) -> Int32).self)
    public static let setfsuid = function("setfsuid", as: (@convention(c) (UInt32) -> Int32).self)
    public static let setfsgid = function("setfsgid", as: (@convention(c) (UInt32) -> Int32).self)
}

public enum RenameFlags {
    public static let noReplace: UInt32 = 1
    public static let exchange: UInt32 = 2
}

public enum AllocateMode {
    public static let keepSize: Int32 = 1
    public static let punchHole: Int32 = 2
    public static let zeroRange: Int32 = 16
}

/// For open(2); the same on x86 only by accident, so said per machine.
#if arch(arm64)
    public let openDirect: Int32 = 0o200000
#else
    public let openDirect: Int32 = 0o40000
#endif

extension timespec {
    public static let omitted = timespec(tv_sec: 0, tv_nsec: (1 << 30) - 2)
    public static let now = timespec(tv_sec: 0, tv_nsec: (1 << 30) - 1)
}

/// Calls that change a tree.
extension Calls {
    /// Runs `body` with this thread's rights being those of a user without further groups; as root only.
    public static func acting<Value>(
        as user: UInt32, _ body: () throws(Errno) -> Value
    ) throws(Errno) -> Value {
        guard user != 0 else { return try body() }
        _ = Linux.setfsgid(user)
        _ = Linux.setfsuid(user)
        defer {
            _ = Linux.setfsuid(0)
            _ = Linux.setfsgid(0)
        }
        return try body()
    }

    public static func rename(_ from: some PathBytes, to: some PathBytes, flags: UInt32)
        throws(Errno)
    {
        _ = try check {
            withPath(from) { old in
                withPath(to) { Linux.renameat2(AT_FDCWD, old, AT_FDCWD, $0, flags) }
            }
        }
    }

    public static func setOwner(_ path: some PathBytes, user: uid_t, group: gid_t) throws(Errno) {
        _ = try check { withPath(path) { lchown($0, user, group) } }
    }

    public static func setTimes(
        _ path: some PathBytes, accessed: timespec, modified: timespec
    ) throws(Errno) {
        let times = [accessed, modified]
        _ = try check { withPath(path) { utimensat(AT_FDCWD, $0, times, AT_SYMLINK_NOFOLLOW) } }
    }

    public static func makeNode(
        _ path: some PathBytes, mode: mode_t, device: dev_t = 0
    ) throws(Errno) {
        _ = try check { withPath(path) { mknod($0, mode, device) } }
    }

    public static func setAttribute(
        _ path: some PathBytes, _ name: String, to value: [UInt8], flags: Int32 = 0
    ) throws(Errno) {
        _ = try check {
            withPath(path) { path in Linux.lsetxattr(path, name, value, value.count, flags) }
        }
    }

    public static func attribute(_ path: some PathBytes, _ name: String) throws(Errno) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = try check {
            withPath(path) { Linux.lgetxattr($0, name, &buffer, buffer.count) }
        }
        return Array(buffer[..<count])
    }

    public static func attributeNames(_ path: some PathBytes) throws(Errno) -> [String] {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = try check { withPath(path) { Linux.llistxattr($0, &buffer, buffer.count) } }
        return buffer[..<count].split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            .sorted()
    }

    public static func removeAttribute(_ path: some PathBytes, _ name: String) throws(Errno) {
        _ = try check { withPath(path) { Linux.lremovexattr($0, name) } }
    }

    /// Makes the names of a folder durable.
    public static func synchronizeDirectory(_ path: some PathBytes) throws(Errno) {
        let folder = try open(path, O_RDONLY | O_DIRECTORY)
        _ = try check { fsync(folder.descriptor) }
    }
}

extension OpenFile {
    /// One `pwrite(2)`.
    public func writeOnce(_ bytes: [UInt8], at offset: Int64) throws(Errno) -> Int {
        try Calls.check {
            bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, off_t(offset)) }
        }
    }

    /// One `write(2)`: where the descriptor stands, or at the end with `O_APPEND`.
    public func append(_ bytes: [UInt8]) throws(Errno) -> Int {
        try Calls.check {
            bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        }
    }

    /// Of what is open, whatever it was opened with.
    public func setAppending(_ appends: Bool) throws(Errno) {
        let flags = try Calls.check { fcntl(descriptor, F_GETFL) }
        _ = try Calls.check {
            fcntl(descriptor, F_SETFL, appends ? flags | O_APPEND : flags & ~O_APPEND)
        }
    }

    public func setSize(_ size: Int64) throws(Errno) {
        _ = try Calls.check { ftruncate(descriptor, off_t(size)) }
    }

    public func setMode(_ mode: mode_t) throws(Errno) {
        _ = try Calls.check { fchmod(descriptor, mode) }
    }

    public func setTimes(accessed: timespec, modified: timespec) throws(Errno) {
        let times = [accessed, modified]
        _ = try Calls.check { futimens(descriptor, times) }
    }

    public func synchronize(dataOnly: Bool = false) throws(Errno) {
        _ = try Calls.check { dataOnly ? fdatasync(descriptor) : fsync(descriptor) }
    }

    public func allocate(mode: Int32, offset: Int64, length: Int64) throws(Errno) {
        _ = try Calls.check { Linux.fallocate(descriptor, mode, offset, length) }
    }

    /// `copy_file_range(2)` as often as it takes: one call may copy less, where it pleases.
    public func copy(
        to target: OpenFile, from offset: Int64, at targetOffset: Int64, _ count: Int
    ) throws(Errno) -> Int {
        var (source, destination) = (offset, targetOffset)
        var done = 0
        while true {
            let copied = try Calls.check {
                Linux.copyFileRange(
                    descriptor, &source, target.descriptor, &destination, count - done, 0)
            }
            done += copied
            if copied == 0 || done == count { return done }
        }
    }

    /// Closes now.
    ///
    /// - Throws: what `close(2)` says: an error of an earlier write that nobody waited for.
    public consuming func flush() throws(Errno) {
        let copy = try Calls.check { dup(descriptor) }
        if close(copy) != 0 { throw Errno(rawValue: errno) }
    }
}
