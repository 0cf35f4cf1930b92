public import Model

import CLinux
import Glibc

/// Stream sockets with a name in the file system.
///
/// Names are given relative to a directory's descriptor and reached through `/proc/self/fd`,
/// because `sun_path` holds 107 bytes and a runtime directory may be longer.
public enum UnixSocket {
    /// Who is at the other end.
    public struct Peer: Equatable, Sendable {
        public var userID: UInt32
        public var pid: Int32
    }

    /// A listening, non-blocking socket called `name`; one that was left there is replaced.
    ///
    /// - Parameter backlog: connections that may wait to be accepted.
    public static func listen(
        in directory: Int32, name: String, backlog: Int32
    ) throws(Errno) -> FileDescriptor {
        let socket = try make()
        do {
            try FileCalls.unlink(at: directory, Array(name.utf8))
        } catch .noSuchFile {
        }
        // bind(2) gives the name the socket's own mode: it is never open to others, not even
        // briefly.
        _ = try systemCall { fchmod(socket.rawValue, 0o600) }
        _ = try withAddress(in: directory, name: name) { bind(socket.rawValue, $0, $1) }
        _ = try systemCall { Glibc.listen(socket.rawValue, backlog) }
        _ = try systemCall { fcntl(socket.rawValue, F_SETFL, O_NONBLOCK) }
        return socket
    }

    /// A blocking connection whose reads and writes fail with `EAGAIN` after `timeout`.
    public static func connect(
        in directory: Int32, name: String, timeout: Duration
    ) throws(Errno) -> FileDescriptor {
        let socket = try make()
        let (seconds, attoseconds) = timeout.components
        var limit = timeval(
            tv_sec: time_t(seconds), tv_usec: suseconds_t(attoseconds / 1_000_000_000_000))
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            _ = try systemCall {
                setsockopt(
                    socket.rawValue, SOL_SOCKET, option, &limit,
                    socklen_t(MemoryLayout<timeval>.size))
            }
        }
        _ = try withAddress(in: directory, name: name) { Glibc.connect(socket.rawValue, $0, $1) }
        return socket
    }

    /// The next waiting connection, non-blocking.
    public static func accept(_ listener: Int32) throws(Errno) -> FileDescriptor {
        FileDescriptor(owning: try systemCall { larder_accept(listener) })
    }

    public static func peer(of socket: Int32) throws(Errno) -> Peer {
        var peer = Peer(userID: 0, pid: 0)
        _ = try systemCall { larder_peer(socket, &peer.userID, &peer.pid) }
        return peer
    }

    private static func make() throws(Errno) -> FileDescriptor {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        return FileDescriptor(owning: try systemCall { socket(AF_UNIX, kind, 0) })
    }

    private static func withAddress(
        in directory: Int32, name: String, _ call: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) throws(Errno) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = Array("/proc/self/fd/\(directory)/\(name)".utf8)
        guard path.count < MemoryLayout.size(ofValue: address.sun_path) else { throw .nameTooLong }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        return try systemCall {
            withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    call($0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
        }
    }
}
