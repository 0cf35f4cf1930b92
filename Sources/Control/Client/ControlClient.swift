import Model
public import Platform

import Glibc

/// Asks running daemons. Each question is a connection of its own.
///
/// A daemon that hangs, takes the question or sends its answer byte by byte, costs no more than the time it is given: that
/// is counted from the connection to the end of the answer.
public struct ControlClient: Sendable {
    /// How long a daemon may take to answer.
    public static let answerTime = Duration.seconds(10)

    private let answerTime: Duration
    private let userID: UInt32
    private let clock = SystemClock()

    public init(answerTime: Duration = answerTime, userID: UInt32 = Environment.userID) {
        self.answerTime = answerTime
        self.userID = userID
    }

    /// - Parameters:
    ///   - view: canonical mountpoint.
    ///   - owner: who mounted it.
    public func ask(
        _ request: ControlRequest, view: [UInt8], owner: UInt32
    ) throws(ControlError) -> ControlResponse {
        guard userID == 0 || userID == owner else { throw .notOwner(owner) }
        for runtime in RuntimeDirectory.candidates(owner: owner, userID: userID) {
            guard let directory = try runtime.open() else { continue }
            do {
                return try ask(
                    request, in: directory, name: MountRegistry.socketName(ofView: view))
            } catch ControlError.notRunning {
                continue
            }
        }
        throw .notRunning
    }

    /// - Parameter directory: a runtime directory.
    public func ask(
        _ request: ControlRequest, in directory: DescriptorReference, name: String
    ) throws(ControlError) -> ControlResponse {
        let line: [UInt8]
        do {
            line = try WireFormat.line(request)
        } catch {
            throw .badAnswer("the request cannot be written as JSON")
        }
        let answer: [UInt8]
        do throws(Errno) {
            let end = clock.monotonic + answerTime
            let socket = try UnixSocket.connect(
                in: directory.rawValue, name: name, timeout: answerTime)
            try send(line, to: socket.rawValue, until: end)
            answer = try readLine(socket.rawValue, until: end)
        } catch {
            switch error {
            case .noSuchFile, Errno(rawValue: ECONNREFUSED): throw .notRunning
            case .again: throw .noAnswer(within: answerTime)
            case Errno(rawValue: ECONNRESET), Errno(rawValue: EPIPE):
                throw .badAnswer("it hung up")
            default: throw .socket(name, error)
            }
        }
        do {
            return try WireFormat.decode(ControlResponse.self, from: answer)
        } catch {
            throw .badAnswer(answer.isEmpty ? "it hung up" : "not the JSON expected")
        }
    }

    private func send(
        _ bytes: [UInt8], to socket: Int32, until end: Duration
    ) throws(Errno) {
        var rest = bytes[...]
        while !rest.isEmpty {
            guard try Readiness.canWrite(socket, within: end - clock.monotonic) else {
                throw .again
            }
            let count = try systemCall {
                rest.withUnsafeBytes {
                    Glibc.send(
                        socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
                }
            }
            rest = rest.dropFirst(count)
        }
    }

    private func readLine(_ socket: Int32, until end: Duration) throws(Errno) -> [UInt8] {
        var line: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while line.count < WireFormat.answerBytesMax {
            guard try Readiness.canRead(socket, within: end - clock.monotonic) else { throw .again }
            let count = try systemCall {
                buffer.withUnsafeMutableBytes { Glibc.read(socket, $0.baseAddress, $0.count) }
            }
            if let end = buffer[..<count].firstIndex(of: UInt8(ascii: "\n")) {
                return line + buffer[..<end]
            }
            if count == 0 { return [] }
            line += buffer[..<count]
        }
        throw Errno(rawValue: EMSGSIZE)
    }
}
