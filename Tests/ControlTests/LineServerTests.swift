import Control
import Glibc
import Model
import Platform
import Synchronization
import TestSupport
import Testing

@Suite struct LineServerTests {
    private let place: TemporaryDirectory
    private let directory: DescriptorReference

    init() throws {
        place = try TemporaryDirectory()
        directory = DescriptorReference(try FileCalls.open(place.path, .directory))
    }

    private func server(idle: Duration = .seconds(10)) throws -> LineServer {
        try LineServer(
            in: directory.rawValue, name: "test.sock", requestBytesMax: 1000, idleMax: idle
        ) { line in line.reversed() + [UInt8(ascii: "\n")] }
    }

    private func connect() throws -> FileDescriptor {
        try UnixSocket.connect(in: directory.rawValue, name: "test.sock", timeout: .seconds(5))
    }

    /// Bytes that come until `count` are there or the other end hangs up.
    private func receive(_ socket: borrowing FileDescriptor, _ count: Int) throws -> [UInt8] {
        var received: [UInt8] = []
        let raw = socket.rawValue
        while received.count < count {
            var buffer = [UInt8](repeating: 0, count: count)
            let got = try systemCall { read(raw, &buffer, buffer.count) }
            if got == 0 { break }
            received += buffer[..<got]
        }
        return received
    }

    @Test func answersSeveralLinesOfOneClientInOrder() throws {
        let server = try server()
        defer { server.stop() }
        let client = try connect()
        try FileContents.write(client.rawValue, Array("abc\nde\n".utf8))
        #expect(try receive(client, 7) == Array("cba\ned\n".utf8))
        try FileContents.write(client.rawValue, Array("x\n".utf8))
        #expect(try receive(client, 2) == Array("x\n".utf8))
    }

    @Test func isReachableOnlyByItsOwner() throws {
        let server = try server()
        defer { server.stop() }
        let attributes = try FileCalls.attributes(at: directory.rawValue, "test.sock")
        #expect(attributes.mode & 0o777 == 0o600)
    }

    @Test func hangsUpOnALineThatIsTooLong() throws {
        let server = try server()
        defer { server.stop() }
        let client = try connect()
        try FileContents.write(client.rawValue, [UInt8](repeating: 65, count: 1001))
        #expect(try receive(client, 1) == [])
    }

    @Test func hangsUpOnAClientThatSaysNothing() throws {
        let server = try server(idle: .milliseconds(100))
        defer { server.stop() }
        let client = try connect()
        #expect(try receive(client, 1) == [])
    }

    @Test func moreClientsThanPlacesAreServedInTurn() throws {
        let server = try server(idle: .milliseconds(500))
        defer { server.stop() }
        // Takes every place with silent clients; they lose them after half a second.
        var silent: [Int32] = []
        for _ in 0..<LineServer.clientsMax { silent.append(try connect().release()) }
        defer { for socket in silent { close(socket) } }
        let late = try connect()
        try FileContents.write(late.rawValue, Array("ok\n".utf8))
        #expect(try receive(late, 3) == Array("ko\n".utf8))
    }

    @Test func stopsWithClientsConnected() throws {
        let server = try server()
        let client = try connect()
        // Answered, so it is no longer in the backlog, which is reset and not ended.
        try FileContents.write(client.rawValue, Array("1\n".utf8))
        #expect(try receive(client, 2) == Array("1\n".utf8))
        server.stop()
        #expect(try receive(client, 1) == [])
    }

    @Test func replacesTheSocketThatACrashLeft() throws {
        let first = try server()
        first.stop()
        let second = try server()
        defer { second.stop() }
        let client = try connect()
        try FileContents.write(client.rawValue, Array("1\n".utf8))
        #expect(try receive(client, 2) == Array("1\n".utf8))
    }

    @Test func answersToItselfWhateverClientsDo() throws {
        let server = try server()
        // More than it takes: a client of its own would have to wait.
        var silent: [Int32] = []
        for _ in 0..<LineServer.clientsMax + 4 { silent.append(try connect().release()) }
        defer { for socket in silent { close(socket) } }
        for _ in 0..<100 { #expect(server.answers()) }
        server.stop()
        #expect(!server.answers())
    }

    @Test func doesNotAnswerWhileItIsStuck() throws {
        let gate = ConditionMutex(false)
        let isBusy = Mutexed(false)
        let server = try LineServer(in: directory.rawValue, name: "stuck", requestBytesMax: 64) {
            _ in
            isBusy.withLock { $0 = true }
            return gate.wait { open, _ in open ? [10] : nil }
        }
        let client = try UnixSocket.connect(
            in: directory.rawValue, name: "stuck", timeout: .seconds(10))
        try FileContents.write(client.rawValue, Array("wait\n".utf8))
        #expect(Eventually.holds { isBusy.withLock { $0 } })
        let answered = Mutexed(false)
        startThread(name: "asker") {
            let answer = server.answers()
            answered.withLock { $0 = answer }
        }
        // No time would be long enough to prove it; with a server that answered, this fails at times.
        Pause.wait(.milliseconds(50))
        #expect(!answered.withLock { $0 })
        gate.withLock { open, condition in
            open = true
            condition.broadcast()
        }
        #expect(Eventually.holds { answered.withLock { $0 } })
        server.stop()
    }
}
