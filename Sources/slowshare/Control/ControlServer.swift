import Glibc
import Model
import Platform

/// Takes commands for a share over its Unix socket, one connection after the other.
///
/// A client sends one line of words and gets `ok` and what the command prints, or `error: …`. Only the share's
/// owner can connect: the socket has mode 0600.
final class ControlServer: Sendable {
    /// Bytes of a command, at most; nothing sensible comes near.
    private static let lineMax = 4096
    private static let patience = Duration.seconds(5)

    private let address: ControlAddress
    private let directory: DescriptorReference
    private let listener: DescriptorReference
    private let network: Network

    /// - Throws: the error of the system call that failed: `ENOENT` for a directory that is not there.
    init(_ address: ControlAddress, network: Network) throws(Errno) {
        let directory = try FileCalls.open(address.directory, [.pathOnly, .directory])
        listener = DescriptorReference(
            try UnixSocket.listen(in: directory.rawValue, name: address.name, backlog: 16))
        self.directory = DescriptorReference(directory)
        self.address = address
        self.network = network
    }

    /// Serves until the process ends, on a thread of its own.
    func start() {
        startThread(name: "control") { [self] in
            while true {
                var waiting = pollfd(fd: listener.rawValue, events: Int16(POLLIN), revents: 0)
                _ = poll(&waiting, 1, -1)
                if let connection = try? UnixSocket.accept(listener.rawValue) {
                    answer(connection.rawValue)
                }
            }
        }
    }

    /// Takes the socket's name away.
    func remove() {
        try? FileCalls.unlink(at: directory.rawValue, Array(address.name.utf8))
    }

    private func answer(_ connection: Int32) {
        guard let line = readLine(connection) else { return }
        var reply: String
        do throws(Arguments.Mistake) {
            let words = line.split(separator: " ").map(String.init)
            reply = "ok\n" + (try ControlCommand(words).run(on: network))
        } catch {
            reply = "error: \(error)\n"
        }
        reply.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty, wait(connection, for: POLLOUT) {
                let count = write(connection, rest.baseAddress, rest.count)
                guard count > 0 else { return }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
        }
    }

    private func readLine(_ connection: Int32) -> String? {
        var line: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 512)
        while line.count < Self.lineMax, wait(connection, for: POLLIN) {
            let count = read(connection, &buffer, buffer.count)
            guard count > 0 else { return nil }
            line.append(contentsOf: buffer[..<count])
            if let end = line.firstIndex(of: 0x0A) {
                return String(decoding: line[..<end], as: UTF8.self)
            }
        }
        return nil
    }

    /// - Returns: false when a client takes longer than it should.
    private func wait(_ connection: Int32, for event: Int32) -> Bool {
        var waiting = pollfd(fd: connection, events: Int16(event), revents: 0)
        return poll(&waiting, 1, Int32(Self.patience.components.seconds * 1000)) == 1
    }
}
