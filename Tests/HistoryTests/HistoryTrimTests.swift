import Model
import Platform
import TestSupport
import Testing

@testable import History

/// The bounds: the oldest goes, step by step, and the file becomes smaller.
@Suite struct HistoryTrimTests {
    private let fixture: HistoryFixture
    private let history: SQLiteHistory

    init() throws {
        fixture = try HistoryFixture()
        history = try fixture.open()
    }

    private func trim(before: Timestamp, bytesMax: ByteCount) throws -> Int {
        var steps = 1
        while try history.trim(before: before, bytesMax: bytesMax) {
            steps += 1
            try #require(steps < 10_000)
        }
        return steps
    }

    @Test func whatIsTooOldGoes() throws {
        try history.append(
            (0..<1200).flatMap { second -> [HistoryEvent] in
                [
                    opened("always", at: second), read("old \(second)", 0..<5, at: second),
                    listed("Folder \(second)", at: second),
                ]
            })
        // 700 of each kind go, at most 100 of a kind at a time: seven steps, and those that give pages back.
        #expect(try trim(before: moment(700), bytesMax: .gibibytes(1)) >= 7)
        let page = try history.opens(in: moment(0)..<moment(9999), after: nil, limit: 9999)
        #expect(page.opens == (700..<1200).map { opened("always", at: $0) })
        #expect(try history.use(of: path("old 699")) == nil)
        #expect(try history.use(of: path("old 700"))?.bytesRead == 5)
        // Who is still used keeps what is known of him.
        #expect(try history.use(of: path("always"))?.opens == 1200)
        #expect(try history.use(of: path("always"))?.firstOpen == moment(0))
        // Of what is gone no name is left.
        try history.forget(.below(path("nothing")))
        #expect(!(try fixture.allBytes().contains(Array("old 699".utf8))))
        #expect(!(try fixture.allBytes().contains(Array("Folder 699".utf8))))
        #expect(try fixture.allBytes().contains(Array("Folder 700".utf8)))
        #expect(try !history.trim(before: moment(700), bytesMax: .gibibytes(1)))
    }

    @Test func whatIsTooMuchGoesAndTheFileShrinks() throws {
        for batch in 0..<8 {
            try history.append(
                (0..<1000).map { number in
                    let second = Int64(batch * 1000 + number)
                    return opened("some folder/file number \(second)", at: second)
                })
        }
        try history.withConnection { connection throws(SQLiteError) in
            try connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        }
        let before = try fixture.size()
        let bound = ByteCount(before / 4)
        #expect(try trim(before: moment(0), bytesMax: bound) > 5)
        try history.withConnection { connection throws(SQLiteError) in
            try connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        }
        #expect(try fixture.size() <= bound.bytes)
        #expect(try fixture.size() > bound.bytes / 2)
        #expect(try history.allocatedBytes() < ByteCount(before / 2))
        // The newest are there, without a gap.
        let page = try history.opens(in: moment(0)..<moment(9999), after: nil, limit: 9999)
        let first = try #require(page.opens.first).time.seconds - moment(0).seconds
        #expect(page.opens.count > 500)
        #expect(
            page.opens.map(\.time) == (first..<8000).map { moment($0) })
    }

    /// A bound that nothing can keep empties the history and ends.
    @Test func aBoundOfNothingEnds() throws {
        try history.append((0..<700).map { opened("file \($0)", at: $0) })
        _ = try trim(before: moment(0), bytesMax: ByteCount(0))
        #expect(try history.mostOpened(limit: 10).isEmpty)
    }
}
