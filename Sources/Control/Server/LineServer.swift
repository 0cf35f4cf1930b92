public import Model
public import Platform

import Glibc
import Synchronization

/// Answers lines on a Unix socket: one thread, a bounded number of clients, only those who may.
///
/// Clients beyond ``clientsMax`` wait in the kernel's backlog. A client that sends too long a line,
/// takes too long, or is neither the server's user nor root is disconnected.
public final class LineServer: Sendable {
    public static let clientsMax = 16
    public static let idleMax = Duration.seconds(10)

    /// Held by the server and its thread.
    private struct State {
        var stopped = false
        /// How often the thread has answered to ``LineServer/Word/answer``.
        var answers: UInt64 = 0
    }

    /// What the thread is told through a pipe; a byte each.
    private enum Word {
        static let stop: UInt8 = 0
        static let answer: UInt8 = 1
    }

    private struct Client {
        let socket: DescriptorReference
        var connection: LineConnection
    }

    private let wake: Pipe
    private let guarded: ConditionMutex<State>

    /// Binds the socket and starts the thread.
    ///
    /// - Parameters:
    ///   - directory: descriptor of the directory that gets the socket; private to its owner.
    ///   - answer: from a line to the bytes sent back; called on the server's thread.
    public init(
        in directory: Int32, name: String, requestBytesMax: Int, idleMax: Duration = idleMax,
        clock: any LarderClock = SystemClock(),
        answer: @escaping @Sendable ([UInt8]) -> [UInt8]
    ) throws(Errno) {
        let listener = DescriptorReference(
            try UnixSocket.listen(in: directory, name: name, backlog: Int32(Self.clientsMax)))
        wake = try Pipe()
        guarded = ConditionMutex(State())
        let loop = Loop(
            listener: listener, wake: wake.reading, requestBytesMax: requestBytesMax,
            idleMax: idleMax, clock: clock, guarded: guarded, answer: answer)
        startThread(name: "control") { [guarded] in
            loop.run()
            guarded.withLock { state, condition in
                state.stopped = true
                condition.broadcast()
            }
        }
    }

    /// Closes every connection and ends the thread; returns when it has ended. A request that is
    /// being answered is finished first.
    public func stop() {
        tell(Word.stop)
        guarded.wait { state, _ in state.stopped ? () : nil }
    }

    /// Waits until the thread has got round to answering this; for as long as it is busy or stuck. No client is needed
    /// for it, so no number of clients can keep it from happening.
    ///
    /// - Returns: false when the server was stopped.
    public func answers() -> Bool {
        let before = guarded.withLock { state, _ in state.answers }
        tell(Word.answer)
        return guarded.wait { state, _ in
            state.answers > before ? true : state.stopped ? false : nil
        }
    }

    private func tell(_ word: UInt8) {
        guard let writing = wake.writing else { return }
        do {
            try FileContents.write(writing.rawValue, [word])
        } catch {
            // The pipe is ours and nearly empty: it takes one byte.
        }
    }

    /// The thread's own state; nobody else touches it.
    private struct Loop: Sendable {
        let listener: DescriptorReference
        let wake: DescriptorReference
        let requestBytesMax: Int
        let idleMax: Duration
        let clock: any LarderClock
        let guarded: ConditionMutex<State>
        let answer: @Sendable ([UInt8]) -> [UInt8]

        func run() {
            var clients: [Client] = []
            while true {
                var polled = [pollfd(fd: wake.rawValue, events: Int16(POLLIN), revents: 0)]
                let accepting = clients.count < LineServer.clientsMax
                // A negative descriptor is skipped by poll(2).
                polled.append(
                    pollfd(
                        fd: accepting ? listener.rawValue : -1, events: Int16(POLLIN), revents: 0))
                for client in clients {
                    let events = client.connection.hasOutput ? POLLOUT : POLLIN
                    polled.append(
                        pollfd(fd: client.socket.rawValue, events: Int16(events), revents: 0))
                }
                let ready = poll(&polled, nfds_t(polled.count), pollTimeout(clients))
                if ready < 0 && errno != EINTR { return }
                if polled[0].revents != 0, !obey() { return }
                var kept: [Client] = []
                for (index, var client) in clients.enumerated() {
                    let open = polled[index + 2].revents == 0 || serve(&client)
                    if open && client.connection.closesAt > clock.monotonic { kept.append(client) }
                }
                clients = kept
                if accepting, polled[1].revents != 0, let client = accept() {
                    clients.append(client)
                }
            }
        }

        /// - Returns: false when the thread is to end.
        private func obey() -> Bool {
            var word = Word.stop
            guard read(wake.rawValue, &word, 1) == 1, word == Word.answer else { return false }
            guarded.withLock { state, condition in
                state.answers += 1
                condition.broadcast()
            }
            return true
        }

        /// Milliseconds until the first client's time is up; -1 for ever.
        private func pollTimeout(_ clients: [Client]) -> Int32 {
            guard let first = clients.map(\.connection.closesAt).min() else { return -1 }
            let left = max(.zero, first - clock.monotonic)
            return Int32(min(60_000, left.inSeconds * 1000 + 1))
        }

        private func accept() -> Client? {
            do throws(Errno) {
                let socket = DescriptorReference(try UnixSocket.accept(listener.rawValue))
                let peer = try UnixSocket.peer(of: socket.rawValue)
                guard peer.userID == Environment.userID || peer.userID == 0 else { return nil }
                return Client(
                    socket: socket,
                    connection: LineConnection(
                        requestBytesMax: requestBytesMax, idleMax: idleMax, now: clock.monotonic))
            } catch {
                // The client has gone again, or we are out of descriptors: the next one may fare
                // better.
                return nil
            }
        }

        /// - Returns: false when the connection is to be closed.
        private func serve(_ client: inout Client) -> Bool {
            do throws(Errno) {
                if client.connection.hasOutput { return try send(&client) }
                var buffer = [UInt8](repeating: 0, count: 64 << 10)
                let count = try systemCall {
                    buffer.withUnsafeMutableBytes {
                        recv(client.socket.rawValue, $0.baseAddress, $0.count, 0)
                    }
                }
                guard count > 0 else { return false }
                do {
                    for line in try client.connection.receive(buffer[..<count]) {
                        client.connection.answer(answer(line))
                    }
                } catch {
                    return false
                }
                return client.connection.hasOutput ? try send(&client) : true
            } catch {
                return error == .again
            }
        }

        private func send(_ client: inout Client) throws(Errno) -> Bool {
            let rest = client.connection.rest
            let count = try systemCall {
                rest.withUnsafeBytes {
                    Glibc.send(
                        client.socket.rawValue, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
            }
            client.connection.wasSent(count, now: clock.monotonic)
            return true
        }
    }
}
