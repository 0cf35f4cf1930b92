import Testing

@testable import Control

@Suite struct LineConnectionTests {
    private func connection(max: Int = 8) -> LineConnection {
        LineConnection(requestBytesMax: max, idleMax: .seconds(10), now: .seconds(100))
    }

    @Test func putsLinesTogetherFromPieces() throws {
        var connection = connection()
        #expect(try connection.receive(Array("ab".utf8)[...]) == [])
        #expect(
            try connection.receive(Array("c\nde\n\nf".utf8)[...])
                == [Array("abc".utf8), Array("de".utf8), []])
        #expect(try connection.receive(Array("\n".utf8)[...]) == [Array("f".utf8)])
    }

    @Test func refusesALineOfOneByteTooMuch() throws {
        var fits = connection()
        #expect(try fits.receive(Array("12345678\n".utf8)[...]).count == 1)
        var tooLong = connection()
        #expect(throws: LineConnection.TooLong.self) {
            try tooLong.receive(Array("123456789\n".utf8)[...])
        }
        var withoutEnd = connection()
        #expect(try withoutEnd.receive(Array("12345".utf8)[...]) == [])
        #expect(throws: LineConnection.TooLong.self) {
            try withoutEnd.receive(Array("6789".utf8)[...])
        }
    }

    @Test func bytesThatDripInGrantNoTime() throws {
        var connection = connection()
        _ = try connection.receive([1])
        #expect(connection.closesAt == .seconds(110))
        connection.answer([1, 2, 3])
        #expect(connection.closesAt == .seconds(110))
        connection.wasSent(2, now: .seconds(105))
        #expect(connection.closesAt == .seconds(115))
        #expect(Array(connection.rest) == [3])
        connection.wasSent(1, now: .seconds(106))
        #expect(!connection.hasOutput)
    }
}
