import Model
import Platform
import TestSupport
import Testing

@testable import History

/// What is put into a history is what it answers, also after it was closed or killed.
@Suite struct SQLiteHistoryTests {
    private let fixture: HistoryFixture
    private let history: SQLiteHistory

    init() throws {
        fixture = try HistoryFixture()
        history = try fixture.open()
    }

    private let whole = Timestamp(seconds: 0)..<Timestamp(seconds: 4_000_000_000)

    private func check(_ history: SQLiteHistory, _ what: Comment) throws {
        let page = try history.opens(in: whole, after: nil, limit: 100)
        #expect(
            page.opens == [
                opened("Films/a.mkv", at: 1, size: nil), opened("b", at: 5, program: "", user: 0),
                opened("Films/a.mkv", at: 11),
            ], what)
        #expect(page.next == nil, what)
        let use = try #require(try history.use(of: path("Films/a.mkv")))
        #expect(use.opens == 2, what)
        #expect(use.intervals.mean == 10, what)
        #expect(use.bytesRead == 500, what)
        #expect(use.lastSize == 1000, what)
        #expect(
            try history.reads(of: path("Films/a.mkv"), limit: 9) == [
                read("Films/a.mkv", 100..<500, at: 3), read("Films/a.mkv", 0..<100, at: 2),
            ], what)
        #expect(
            try history.opens(of: path("Films/a.mkv"), limit: 1) == [
                opened("Films/a.mkv", at: 11)
            ], what)
        #expect(try history.mostOpened(limit: 1).map(\.path) == [path("Films/a.mkv")], what)
        #expect(try history.use(of: path("Films")) == nil, what)
        #expect(try history.reads(of: path("nothing"), limit: 9).isEmpty, what)
    }

    @Test func answersWhatItWasTold() throws {
        try history.append([
            opened("Films/a.mkv", at: 1, size: nil), read("Films/a.mkv", 0..<100, at: 2),
            read("Films/a.mkv", 100..<500, at: 3), read("Films/a.mkv", 7..<7, at: 3),
        ])
        try history.append([
            opened("Films/a.mkv", at: 11), opened("b", at: 5, program: "", user: 0),
            listed("Films", at: 12),
        ])
        try check(history, "as it is open")
        // What a kill leaves: the files, with the log as it is.
        let killed = try fixture.copy()
        try check(try killed.open(), "after a kill")
        #expect(killed.logged.isEmpty)
        history.close()
        try check(try fixture.open(), "opened again")
        #expect(try fixture.fileNames().allSatisfy { !$0.contains("damaged") })
    }

    @Test func afterClosingNothingIsAnswered() throws {
        history.close()
        #expect(throws: HistoryError.closed) { try history.append([opened("a", at: 1)]) }
        #expect(throws: HistoryError.closed) { try history.use(of: path("a")) }
    }

    @Test func opensComeInPagesInTheirOrder() throws {
        // Ten in the same millisecond, told in two batches, and others around them.
        let events =
            (0..<5).map { opened("same\($0)", at: 100) } + [opened("late", at: 101)]
            + (5..<10).map { opened("same\($0)", at: 100) } + [opened("early", at: 99)]
        try history.append(Array(events.prefix(6)))
        try history.append(Array(events.dropFirst(6)))
        var names: [String] = []
        var cursor: HistoryCursor?
        repeat {
            let page = try history.opens(in: whole, after: cursor, limit: 5)
            #expect(page.opens.count <= 5)
            names += page.opens.map(\.path.description)
            cursor = page.next
        } while cursor != nil
        #expect(names == ["early"] + (0..<10).map { "same\($0)" } + ["late"])
        // The end of a range is outside it.
        let part = try history.opens(in: moment(100)..<moment(101), after: nil, limit: 100)
        #expect(part.opens.count == 10)
    }

    @Test func ofReadsTheLastThousandAreKept() throws {
        try history.append([opened("big", at: 0), read("other", 0..<10, at: 1)])
        for batch in 0..<4 {
            let first = Int64(batch * 500)
            try history.append(
                (first..<first + 500).map { read("big", $0 * 10..<$0 * 10 + 5, at: $0) })
        }
        let kept = try history.reads(of: path("big"), limit: .max)
        #expect(kept.count == 1000)
        #expect(kept.last == read("big", 10_000..<10_005, at: 1000))
        #expect(kept.first == read("big", 19_990..<19_995, at: 1999))
        #expect(try history.reads(of: path("other"), limit: 10).count == 1)
        // What they add up to is known all the same.
        #expect(try history.use(of: path("big"))?.bytesRead == 10_000)
    }

    @Test func oddTimesAndNamesDoNoHarm() throws {
        let odd = RelativePath([Name([0xFF, 0x20]), Name("a\nb"), Name("%'\";--")])
        var events: [HistoryEvent] = []
        for seconds in [Int64.min, -1, 0, 253_402_300_800, .max] {
            events.append(
                HistoryEvent(
                    .open(fileSize: -5), path: odd, program: Name("a very long name of one"),
                    userID: .max, time: Timestamp(seconds: seconds, nanoseconds: .max)))
        }
        try history.append(events)
        try history.append([
            HistoryEvent(
                .read(-10..<Int64.max, fileSize: .max), path: odd, program: "x", userID: 0,
                time: moment(0))
        ])
        let use = try #require(try history.use(of: odd))
        #expect(use.opens == 5)
        #expect(use.lastSize == .max)
        let found = try history.opens(of: odd, limit: 10)
        #expect(found.map(\.program) == [Name](repeating: "a very long nam", count: 5))
        #expect(found.allSatisfy { $0.path == odd && $0.userID == .max })
    }

    /// 1,800,000,000,000 ms × 65,536 = 117,964,800,000,000,000 is the first row of its millisecond; the last, and the first
    /// of the next, are taken.
    @Test func aFullMillisecondOverflowsIntoTheNext() throws {
        try history.append([opened("a", at: 9)])
        try history.withConnection { connection throws(SQLiteError) in
            for row in [117_964_800_000_065_535, 117_964_800_000_065_536] as [Int64] {
                try connection.execute("INSERT INTO opens VALUES(\(row), 1, 0, 0, 0)")
            }
        }
        try history.append([opened("b", at: 0)])
        let found = try history.opens(of: path("b"), limit: 9)
        #expect(found.map(\.time) == [moment(0, milliseconds: 1)])
        #expect(fixture.logged.isEmpty)
    }

    @Test func programsHaveABound() throws {
        try history.append(
            (0..<HistoryWriter.programsMax + 5).map {
                opened("a", at: Int64($0), program: Name("p\($0)"))
            })
        let last = try history.opens(of: path("a"), limit: 6).map(\.program)
        #expect(last == ["", "", "", "", "", "p9999"])
    }
}
