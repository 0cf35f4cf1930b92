import Glibc
import Model
import Platform

/// Sends one command to a share that runs.
enum ControlClient {
    /// - Returns: what to print on standard output.
    /// - Throws: a description of what went wrong, with what to do.
    static func send(
        _ words: [String], mountpoint: String, control: String?
    ) throws(Arguments.Mistake) -> String {
        let address: ControlAddress
        let connection: FileDescriptor
        do throws(Errno) {
            address = try ControlAddress(mountpoint: mountpoint, override: control)
            let directory = try FileCalls.open(address.directory, [.pathOnly, .directory])
            connection = try UnixSocket.connect(
                in: directory.rawValue, name: address.name, timeout: .seconds(10))
        } catch {
            throw Arguments.Mistake(
                description: "no slowshare answers for \(mountpoint) (\(Failure.text(error))): "
                    + "is it mounted, by you, and with the same --control?")
        }
        let reply: String
        do throws(Errno) {
            try FileContents.write(
                connection.rawValue, Array((words.joined(separator: " ") + "\n").utf8))
            reply = String(
                decoding: try FileContents.read(connection.rawValue, bytesMax: 1 << 20),
                as: UTF8.self)
        } catch {
            throw Arguments.Mistake(
                description: "slowshare at \(mountpoint) broke off: \(Failure.text(error))")
        }
        guard reply.hasPrefix("ok\n") else {
            let text = reply.hasPrefix("error: ") ? reply.dropFirst(7) : reply[...]
            throw Arguments.Mistake(description: String(text.prefix { $0 != "\n" }))
        }
        return String(reply.dropFirst(3))
    }
}
