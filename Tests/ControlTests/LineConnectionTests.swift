import Testing

@testable import Control

@Suite struct LineConnectionTests {
    private func connection(max: Int = 8) -> LineConnection {
        LineConnection(requestBytesMax: max, idleMax: .seconds(10), now: .seconds(100))
    }

    @Test func putsLinesTogetherFromPieces() throws {
        var connection = connection()
        connection.receive(Array("ab".utf8)[...])
        #expect(try connection.nextLine() == nil)
        #expect(!connection.hasLine)
        connection.receive(Array("c\nde\n\nf".utf8)[...])
        #expect(try connection.nextLine() == Array("abc".utf8))
        #expect(connection.hasLine)
        #expect(try connection.nextLine() == Array("de".utf8))
        #expect(try connection.nextLine() == [])
        #expect(!connection.hasLine)
        #expect(try connection.nextLine() == nil)
        connection.receive(Array("\n".utf8)[...])
        #expect(try connection.nextLine() == Array("f".utf8))
    }

    @Test func refusesALineOfOneByteTooMuch() throws {
        var fits = connection()
        fits.receive(Array("12345678\n".utf8)[...])
        #expect(try fits.nextLine()?.count == 8)
        var tooLong = connection()
        tooLong.receive(Array("123456789\n".utf8)[...])
        #expect(throws: LineConnection.TooLong.self) { try tooLong.nextLine() }
        var withoutEnd = connection()
        withoutEnd.receive(Array("12345".utf8)[...])
        #expect(try withoutEnd.nextLine() == nil)
        withoutEnd.receive(Array("6789".utf8)[...])
        #expect(withoutEnd.hasLine, "to be refused")
        #expect(throws: LineConnection.TooLong.self) { try withoutEnd.nextLine() }
    }

    @Test func bytesThatDripInGrantNoTime() throws {
        var connection = connection()
        connection.receive([1])
        #expect(try connection.nextLine() == nil)
        #expect(connection.closesAt == .seconds(110))
        connection.receive([10])
        #expect(try connection.nextLine() == [1])
        connection.answer([1, 2, 3], now: .seconds(104))
        #expect(connection.closesAt == .seconds(114))
    }

    @Test func bytesThatDripOutGrantNoTime() {
        var connection = connection()
        connection.answer([1, 2, 3], now: .seconds(101))
        let isOverAfterTwo = connection.wasSent(2, now: .seconds(105))
        #expect(!isOverAfterTwo)
        #expect(connection.closesAt == .seconds(111))
        #expect(Array(connection.rest) == [3])
        #expect(connection.heldBytes == 3)
        let isOver = connection.wasSent(1, now: .seconds(106))
        #expect(isOver)
        #expect(connection.closesAt == .seconds(116), "the next request has its time")
        #expect(!connection.hasOutput)
        #expect(connection.heldBytes == 0)
    }
}
