import Glibc
import Model
import Platform
import TestSupport

/// A place where something is mounted once somebody looks into it, with the test in the automounter's place
/// (Documentation/filesystems/autofs.rst of the kernel, protocol 5).
final class AutomountPoint {
    /// `struct autofs_v5_packet`, with its padding.
    private static let requestSize = 304
    private static let tokenOffset = 8
    /// `_IO(0x93, 0x60)` and the one after it.
    private static let ready: UInt = 0x9360

    let path: String
    private var pipe: [Int32] = [-1, -1]
    private var root: OpenFile?

    /// Processes of this one's group may look without being held up; others wait.
    init(at path: String) throws {
        self.path = path
        var ends: [Int32] = [-1, -1]
        _ = try Calls.check { Glibc.pipe(&ends) }
        pipe = ends
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
        let options = "fd=\(ends[1]),pgrp=\(getpgrp()),minproto=5,maxproto=5,direct"
        _ = try Calls.check { mount("test", path, "autofs", 0, options) }
        root = try Calls.open(path, O_RDONLY | O_DIRECTORY)
    }

    /// What the next one who waits is known by.
    func nextRequest() throws -> UInt32 {
        try waitUntil("somebody looks into \(path)") {
            var packet = [UInt8](repeating: 0, count: Self.requestSize)
            let count = Glibc.read(pipe[0], &packet, packet.count)
            guard count >= Self.tokenOffset + 4 else { return nil }
            return packet.withUnsafeBytes {
                $0.loadUnaligned(fromByteOffset: Self.tokenOffset, as: UInt32.self)
            }
        }
    }

    /// Something is mounted there: who waits goes on.
    func answer(_ request: UInt32) throws {
        _ = try Calls.check { Linux.ioctl(root?.descriptor ?? -1, Self.ready, UInt(request)) }
    }

    func remove() {
        root = nil
        umount2(path, Int32(MNT_DETACH))
        for end in pipe where end >= 0 { close(end) }
        pipe = []
    }

    deinit { remove() }
}
