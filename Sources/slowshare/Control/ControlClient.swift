import Glibc
import Model
import Platform

/// Sends one command to a share that runs.
enum ControlClient {
    /// For the connection, and for all of the answer.
    private static let answerTime = Duration.seconds(10)
    private static let answerBytesMax = 1 << 20

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
                in: directory.rawValue, name: address.name, timeout: answerTime)
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
                decoding: try answer(connection.rawValue), as: UTF8.self)
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

    /// To its end, and within ``answerTime``, however it drips in.
    private static func answer(_ connection: Int32) throws(Errno) -> [UInt8] {
        let clock = SystemClock()
        let end = clock.monotonic + answerTime
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            guard answer.count <= answerBytesMax else { throw .fileTooLarge }
            guard try Readiness.canRead(connection, within: end - clock.monotonic) else {
                throw .timedOut
            }
            let count = try systemCall {
                buffer.withUnsafeMutableBytes { read(connection, $0.baseAddress, $0.count) }
            }
            if count == 0 { return answer }
            answer += buffer[..<count]
        }
    }
}
