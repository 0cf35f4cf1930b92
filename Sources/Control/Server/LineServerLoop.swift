import Model
import Platform

import Glibc

/// What a ``LineServer``'s thread does, and what only it touches.
struct LineServerLoop: Sendable {
    /// What the thread is told through a pipe; a byte each.
    enum Word {
        static let stop: UInt8 = 0
        static let answer: UInt8 = 1
    }

    /// Connections accepted between two looks at the clients, so that each of them is looked at in any crowd.
    static let acceptsMax = LineServer.clientsMax / 2
    /// How long nobody is accepted once no descriptor can be had: the listener stays readable, and asking again at once
    /// would take a whole processor.
    static let pauseAfterFailure = Duration.milliseconds(250)
    private static let receiveBytesMax = 64 << 10

    let listener: DescriptorReference
    let wake: DescriptorReference
    let limits: LineServer.Limits
    let clock: any LarderClock
    /// From the listener to the next waiting connection; tests let it fail.
    var accept: @Sendable (Int32) throws(Errno) -> FileDescriptor = {
        listener throws(Errno) in try UnixSocket.accept(listener)
    }
    /// The thread was told ``Word/answer``.
    let answered: @Sendable () -> Void
    let answer: @Sendable ([UInt8]) -> [UInt8]

    private var clients: LineClients<DescriptorReference>
    /// Given up for a client when the process has no descriptor left, and taken again when that one has gone.
    private var spare: DescriptorReference?
    /// Nobody is accepted before.
    private var acceptsFrom = Duration.zero

    init(
        listener: DescriptorReference, wake: DescriptorReference, limits: LineServer.Limits,
        clock: any LarderClock, answered: @escaping @Sendable () -> Void,
        answer: @escaping @Sendable ([UInt8]) -> [UInt8]
    ) {
        self.listener = listener
        self.wake = wake
        self.limits = limits
        self.clock = clock
        self.answered = answered
        self.answer = answer
        clients = LineClients(clientsMax: limits.clientsMax, bytesMax: limits.bytesMax)
    }

    /// Returns when the thread is told to stop; every connection is closed then.
    mutating func run() {
        while true {
            takeSpare()
            let ids = clients.ids
            let isAccepting = clock.monotonic >= acceptsFrom
            var polled = [
                pollfd(fd: wake.rawValue, events: Int16(POLLIN), revents: 0),
                // A negative descriptor is skipped by poll(2).
                pollfd(
                    fd: isAccepting ? listener.rawValue : -1, events: Int16(POLLIN), revents: 0),
            ]
            for id in ids {
                let events = clients[id]?.connection.hasOutput == true ? POLLOUT : POLLIN
                let socket = clients[id]?.socket.rawValue ?? -1
                polled.append(pollfd(fd: socket, events: Int16(events), revents: 0))
            }
            if poll(&polled, nfds_t(polled.count), pollTimeout(isAccepting)) < 0, errno != EINTR {
                // Out of memory, which passes: the thread must neither end nor spin.
                Pause.wait(Self.pauseAfterFailure)
                continue
            }
            if polled[0].revents != 0, !obey() { break }
            for (index, id) in ids.enumerated() {
                if polled[index + 2].revents != 0 || isDue(id) { serve(id) }
            }
            clients.removeExpired(now: clock.monotonic)
            if isAccepting, polled[1].revents != 0 { acceptWaiting() }
        }
        clients.removeAll()
    }

    /// Whether the client has sent a further request that nothing has to be waited for.
    private func isDue(_ id: UInt64) -> Bool {
        guard let connection = clients[id]?.connection else { return false }
        return !connection.hasOutput && connection.hasLine
    }

    /// - Returns: false when the thread is to end.
    private func obey() -> Bool {
        var word = Word.stop
        guard read(wake.rawValue, &word, 1) == 1, word == Word.answer else { return false }
        answered()
        return true
    }

    /// Milliseconds until something is due; -1 for ever.
    private func pollTimeout(_ isAccepting: Bool) -> Int32 {
        if clients.ids.contains(where: isDue) { return 0 }
        let times = [clients.firstClosesAt, isAccepting ? nil : acceptsFrom].compactMap { $0 }
        guard let first = times.min() else { return -1 }
        let left = max(.zero, first - clock.monotonic)
        return Int32(min(60_000, left.inSeconds * 1000 + 1))
    }

    // MARK: - Newcomers

    /// Everybody who waits, up to ``acceptsMax``. Who has sent a request already is answered before the next one is let in.
    private mutating func acceptWaiting() {
        for _ in 0..<Self.acceptsMax {
            do throws(Errno) {
                let socket = DescriptorReference(try accept(listener.rawValue))
                guard let userID = try? UnixSocket.peer(of: socket.rawValue).userID,
                    userID == Environment.userID || userID == 0
                else { continue }
                let connection = LineConnection(
                    requestBytesMax: limits.requestBytesMax, idleMax: limits.idleMax,
                    now: clock.monotonic)
                serve(clients.admit(socket, userID: userID, connection))
            } catch .again {
                return
            } catch {
                guard makeRoom(after: error) else {
                    acceptsFrom = clock.monotonic + Self.pauseAfterFailure
                    return
                }
            }
        }
    }

    /// - Returns: whether trying again makes sense.
    private mutating func makeRoom(after error: Errno) -> Bool {
        switch error {
        case .connectionAborted: return true
        case .tooManyOpenFiles, Errno(rawValue: ENFILE):
            if clients.giveUpOne() { return true }
            guard spare != nil else { return false }
            spare = nil
            return true
        default: return false
        }
    }

    private mutating func takeSpare() {
        guard spare == nil, let free = try? FileCalls.duplicate(wake.rawValue) else { return }
        spare = DescriptorReference(free)
    }

    // MARK: - Clients

    /// Does what can be done for one client without waiting: sends what it has not taken, or answers one request.
    private mutating func serve(_ id: UInt64) {
        guard var client = clients.take(id) else { return }
        var tookAll = false
        do throws(Errno) {
            if !client.connection.hasOutput {
                guard try receive(&client) else { return }
            }
            if client.connection.hasOutput { tookAll = try send(&client) }
        } catch .again {
        } catch {
            return
        }
        if tookAll && limits.answersOnce { return }
        clients.putBack(client, id, gaveSign: tookAll)
        clients.trim(keeping: id)
    }

    /// One request at most. - Returns: false when the connection is to be closed.
    private func receive(
        _ client: inout LineClients<DescriptorReference>.Client
    ) throws(Errno) -> Bool {
        if !client.connection.hasLine {
            var buffer = [UInt8](repeating: 0, count: Self.receiveBytesMax)
            let count = try systemCall {
                buffer.withUnsafeMutableBytes {
                    recv(client.socket.rawValue, $0.baseAddress, $0.count, 0)
                }
            }
            guard count > 0 else { return false }
            client.connection.receive(buffer[..<count])
        }
        do {
            guard let line = try client.connection.nextLine() else { return true }
            client.connection.answer(answer(line), now: clock.monotonic)
            return true
        } catch {
            return false
        }
    }

    /// - Returns: whether the answer has been taken to its end.
    private func send(
        _ client: inout LineClients<DescriptorReference>.Client
    ) throws(Errno) -> Bool {
        let rest = client.connection.rest
        let count = try systemCall {
            rest.withUnsafeBytes {
                Glibc.send(client.socket.rawValue, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
        }
        return client.connection.wasSent(count, now: clock.monotonic)
    }
}
