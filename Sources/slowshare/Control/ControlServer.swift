import Control
import Glibc
import Model
import Platform

/// Takes commands for a share over its Unix socket.
///
/// A client sends one line of words and gets `ok` and what the command prints, or `error: …`; then the share hangs up.
/// Only the share's owner and root can connect: the socket has mode 0600.
final class ControlServer: Sendable {
    /// Bytes of a command, at most; nothing sensible comes near.
    private static let lineMax = 4096

    private let address: ControlAddress
    private let directory: DescriptorReference
    private let server: LineServer

    /// Serves until the process ends, on a thread of its own.
    ///
    /// - Throws: the error of the system call that failed: `ENOENT` for a directory that is not there.
    init(_ address: ControlAddress, network: Network) throws(Errno) {
        directory = DescriptorReference(
            try FileCalls.open(address.directory, [.pathOnly, .directory]))
        self.address = address
        var limits = LineServer.Limits(requestBytesMax: Self.lineMax)
        limits.answersOnce = true
        server = try LineServer(in: directory.rawValue, name: address.name, limits: limits) {
            Self.answer($0, network)
        }
    }

    /// Takes the socket's name away.
    func remove() {
        try? FileCalls.unlink(at: directory.rawValue, Array(address.name.utf8))
    }

    private static func answer(_ line: [UInt8], _ network: Network) -> [UInt8] {
        let words = String(decoding: line, as: UTF8.self).split(separator: " ").map(String.init)
        do throws(Arguments.Mistake) {
            return Array("ok\n\(try ControlCommand(words).run(on: network))".utf8)
        } catch {
            return Array("error: \(error)\n".utf8)
        }
    }
}
