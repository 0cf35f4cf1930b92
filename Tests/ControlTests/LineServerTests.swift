import Glibc
import Model
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Control

@Suite struct LineServerTests {
    private let place: TemporaryDirectory
    private let directory: DescriptorReference

    init() throws {
        place = try TemporaryDirectory()
        directory = DescriptorReference(try FileCalls.open(place.path, .directory))
    }

    /// A clock that stands by itself: nobody's time is up unless a test says so.
    private let clock = ManualClock()

    private func server(once: Bool = false) throws -> LineServer {
        var limits = LineServer.Limits(requestBytesMax: 1000)
        limits.answersOnce = once
        return try LineServer(
            in: directory.rawValue, name: "test.sock", limits: limits, clock: clock
        ) { line in
            // An answer that no socket's buffer takes whole.
            if line == Array("much".utf8) { return [UInt8](repeating: 65, count: Self.muchBytes) }
            return line.reversed() + [UInt8(ascii: "\n")]
        }
    }

    private static let muchBytes = 1 << 20

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
        let server = try server()
        defer { server.stop() }
        let client = try connect()
        // So that its time has begun.
        #expect(server.answers() && server.answers())
        clock.advance(by: LineServer.idleMax)
        #expect(server.answers())
        #expect(try receive(client, 1) == [])
    }

    @Test func hangsUpOnAClientThatDripsOrDoesNotRead() throws {
        let server = try server()
        defer { server.stop() }
        let dripping = try connect()
        let deaf = try connect()
        try FileContents.write(deaf.rawValue, Array("much\n".utf8))
        // So that their time has begun.
        #expect(server.answers() && server.answers())
        for _ in 0..<10 {
            try FileContents.write(dripping.rawValue, [65])
            #expect(server.answers() && server.answers())
            clock.advance(by: LineServer.idleMax / 10)
        }
        #expect(server.answers())
        #expect(try receive(dripping, 1) == [])
        #expect(try receive(deaf, Self.muchBytes).count < Self.muchBytes)
    }

    /// The clock stands: nobody loses a place because of time.
    @Test func theSilentKeepNobodyOut() throws {
        let server = try server()
        defer { server.stop() }
        var held: [Int32] = []
        defer { for socket in held { close(socket) } }
        for _ in 0..<200 { held.append(try connect().release()) }
        for _ in 0..<50 {
            let dripping = try connect()
            try FileContents.write(dripping.rawValue, [65])
            held.append(dripping.release())
        }
        for _ in 0..<50 {
            let deaf = try connect()
            try FileContents.write(deaf.rawValue, Array("much\n".utf8))
            held.append(deaf.release())
        }
        for _ in 0..<3 {
            let late = try connect()
            try FileContents.write(late.rawValue, Array("ok\n".utf8))
            #expect(try receive(late, 3) == Array("ko\n".utf8))
        }
    }

    /// One of each client's requests is answered before the next one's, and none while an answer is not taken.
    @Test func aClientThatSendsAndDoesNotReadCostsOneAnswer() throws {
        let count = Mutexed(0)
        let server = try LineServer(
            in: directory.rawValue, name: "test.sock",
            limits: LineServer.Limits(requestBytesMax: 1000), clock: clock
        ) { _ in
            count.withLock { $0 += 1 }
            return [UInt8](repeating: 65, count: Self.muchBytes) + [10]
        }
        defer { server.stop() }
        let client = try connect()
        try FileContents.write(client.rawValue, Array("1\n2\n3\n4\n".utf8))
        #expect(Eventually.holds { count.withLock { $0 } == 1 })
        for _ in 0..<20 { #expect(server.answers()) }
        #expect(count.withLock { $0 } == 1)
        let all = 4 * (Self.muchBytes + 1)
        #expect(try receive(client, all).count == all)
        #expect(count.withLock { $0 } == 4)
    }

    @Test func hangsUpBehindTheAnswerWhereThatWasAskedFor() throws {
        let server = try server(once: true)
        defer { server.stop() }
        let client = try connect()
        try FileContents.write(client.rawValue, Array("abc\nde\n".utf8))
        #expect(try receive(client, 100) == Array("cba\n".utf8))
    }

    /// With no descriptor left, the listener stays readable: it is neither asked again and again nor forgotten.
    @Test func descriptorsThatRunOutCostNeitherProcessorNorClients() throws {
        let asked = Mutexed(0)
        let isExhausted = Mutexed(true)
        let server = try LineServer(
            in: directory.rawValue, name: "test.sock",
            limits: LineServer.Limits(requestBytesMax: 1000), clock: clock,
            accept: { listener throws(Errno) in
                asked.withLock { $0 += 1 }
                if isExhausted.withLock({ $0 }) { throw .tooManyOpenFiles }
                return try UnixSocket.accept(listener)
            }
        ) { line in line.reversed() + [UInt8(ascii: "\n")] }
        defer { server.stop() }
        let client = try connect()
        try FileContents.write(client.rawValue, Array("ok\n".utf8))
        #expect(Eventually.holds { asked.withLock { $0 } > 0 })
        for _ in 0..<100 { #expect(server.answers()) }
        // Once, and once more with the descriptor that was kept for it.
        #expect(asked.withLock { $0 } == 2)
        isExhausted.withLock { $0 = false }
        clock.advance(by: LineServerLoop.pauseAfterFailure)
        #expect(server.answers())
        #expect(try receive(client, 3) == Array("ko\n".utf8))
    }

    /// Where every other descriptor is taken, somebody who waits for nothing gives up theirs.
    @Test func descriptorsThatRunOutAreTakenFromTheSilent() throws {
        let isExhausted = Mutexed(false)
        let server = try LineServer(
            in: directory.rawValue, name: "test.sock",
            limits: LineServer.Limits(requestBytesMax: 1000), clock: clock,
            accept: { listener throws(Errno) in
                // Free again as soon as anybody has gone.
                let fails = isExhausted.withLock { exhausted in
                    defer { exhausted = false }
                    return exhausted
                }
                if fails { throw .tooManyOpenFiles }
                return try UnixSocket.accept(listener)
            }
        ) { line in line.reversed() + [UInt8(ascii: "\n")] }
        defer { server.stop() }
        let silent = try connect()
        #expect(server.answers() && server.answers())
        isExhausted.withLock { $0 = true }
        let late = try connect()
        try FileContents.write(late.rawValue, Array("ok\n".utf8))
        #expect(try receive(late, 3) == Array("ko\n".utf8))
        #expect(try receive(silent, 1) == [])
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
        let server = try LineServer(
            in: directory.rawValue, name: "stuck", limits: LineServer.Limits(requestBytesMax: 64)
        ) { _ in
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
