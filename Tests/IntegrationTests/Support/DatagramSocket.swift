import Glibc
import Model
import Platform
import Synchronization
import TestSupport

/// A socket on which a test listens in place of a service manager or the journal.
final class DatagramSocket: Sendable {
    let path: String
    private let descriptor: Int32
    private let taken = Mutex<[[UInt8]]>([])

    /// - Parameter path: short enough for `sun_path`.
    init(_ path: String) throws(Errno) {
        self.path = path
        descriptor = try Calls.check {
            socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        precondition(bytes.count < MemoryLayout.size(ofValue: address.sun_path))
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        _ = try Calls.check {
            withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
        }
        chmod(path, 0o666)
    }

    deinit { close(descriptor) }

    /// All that has come up to now.
    var datagrams: [[UInt8]] {
        taken.withLock { taken in
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            while true {
                let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
                guard count >= 0 else { return taken }
                taken.append(Array(buffer[..<count]))
            }
        }
    }

    var texts: [String] { datagrams.map { String(decoding: $0, as: UTF8.self) } }

    /// Messages that have `part` in them.
    func count(_ part: String) -> Int { texts.count { $0.contains(part) } }
}
