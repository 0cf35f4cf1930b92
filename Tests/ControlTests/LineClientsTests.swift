import Testing

@testable import Control

@Suite struct LineClientsTests {
    private static let owner: UInt32 = 1000
    private static let root: UInt32 = 0

    private func clients(_ count: Int = 4, bytes: Int = 100) -> LineClients<String> {
        LineClients(clientsMax: count, bytesMax: bytes)
    }

    private func connection(now: Duration = .zero) -> LineConnection {
        LineConnection(requestBytesMax: 1000, idleMax: .seconds(10), now: now)
    }

    private func taken(
        _ id: UInt64, _ clients: inout LineClients<String>
    ) throws -> LineClients<String>.Client {
        let client = clients.take(id)
        return try #require(client)
    }

    private func sockets(_ clients: LineClients<String>) -> [String] {
        clients.ids.compactMap { clients[$0]?.socket }
    }

    @Test func aNewcomerTakesThePlaceOfWhoWasSilentLongest() {
        var clients = clients()
        for name in ["a", "b", "c", "d", "e", "f"] {
            _ = clients.admit(name, userID: Self.owner, connection())
        }
        #expect(sockets(clients) == ["c", "d", "e", "f"])
    }

    @Test func whoTookAnAnswerStaysBeforeTheSilent() throws {
        var clients = clients()
        let first = clients.admit("a", userID: Self.owner, connection())
        for name in ["b", "c", "d"] { _ = clients.admit(name, userID: Self.owner, connection()) }
        let client = try taken(first, &clients)
        clients.putBack(client, first, gaveSign: true)
        _ = clients.admit("e", userID: Self.owner, connection())
        #expect(sockets(clients) == ["a", "c", "d", "e"])
    }

    /// Bytes in, and bytes of an answer, are no signs of life: only its end is.
    @Test func whoDripsOrDoesNotReadGivesNoSign() throws {
        var clients = clients()
        let first = clients.admit("a", userID: Self.owner, connection())
        for name in ["b", "c", "d"] { _ = clients.admit(name, userID: Self.owner, connection()) }
        var client = try taken(first, &clients)
        client.connection.receive([65])
        client.connection.answer([1, 2, 3], now: .seconds(1))
        clients.putBack(client, first, gaveSign: false)
        _ = clients.admit("e", userID: Self.owner, connection())
        #expect(sockets(clients) == ["b", "c", "d", "e"])
    }

    @Test func nobodyIsLockedOutByAnotherUsersConnections() {
        for (many, few) in [(Self.owner, Self.root), (Self.root, Self.owner)] {
            var clients = clients()
            for _ in 0..<40 { _ = clients.admit("many", userID: many, connection()) }
            let one = clients.admit("few", userID: few, connection())
            for _ in 0..<40 { _ = clients.admit("many", userID: many, connection()) }
            #expect(clients[one]?.socket == "few")
            #expect(clients.count == 4)
            let two = clients.admit("few", userID: few, connection())
            for _ in 0..<40 { _ = clients.admit("many", userID: many, connection()) }
            #expect(clients[one] != nil && clients[two] != nil, "half of the places")
            // More than half are not theirs either.
            for _ in 0..<40 { _ = clients.admit("few", userID: few, connection()) }
            #expect(sockets(clients).sorted() == ["few", "few", "many", "many"])
        }
    }

    @Test func thoseWhoseTimeIsUpGo() {
        var clients = clients()
        _ = clients.admit("a", userID: Self.owner, connection())
        _ = clients.admit("b", userID: Self.owner, connection(now: .seconds(1)))
        #expect(clients.firstClosesAt == .seconds(10))
        clients.removeExpired(now: .seconds(10))
        #expect(sockets(clients) == ["b"])
    }

    @Test func whatIsKeptForAllIsBounded() throws {
        var clients = clients(8, bytes: 100)
        var ids: [UInt64] = []
        for (name, bytes) in [("a", 30), ("b", 50), ("c", 20), ("d", 40)] {
            let id = clients.admit(name, userID: Self.owner, connection())
            ids.append(id)
            var client = try taken(id, &clients)
            client.connection.answer([UInt8](repeating: 1, count: bytes), now: .zero)
            clients.putBack(client, id, gaveSign: false)
            clients.trim(keeping: id)
        }
        #expect(sockets(clients) == ["a", "c", "d"], "the largest went")
        #expect(clients.heldBytes <= 100)
        // One that is larger than the bound is served alone.
        let id = clients.admit("e", userID: Self.owner, connection())
        var client = try taken(id, &clients)
        client.connection.answer([UInt8](repeating: 1, count: 101), now: .zero)
        clients.putBack(client, id, gaveSign: false)
        clients.trim(keeping: id)
        #expect(sockets(clients) == ["e"])
    }

    @Test func oneGoesForItsDescriptor() {
        var clients = clients()
        var gaveUp = clients.giveUpOne()
        #expect(!gaveUp)
        _ = clients.admit("a", userID: Self.owner, connection())
        _ = clients.admit("b", userID: Self.owner, connection())
        gaveUp = clients.giveUpOne()
        #expect(gaveUp)
        #expect(sockets(clients) == ["b"])
    }
}
