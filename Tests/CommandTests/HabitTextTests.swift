import Control
import Model
import Testing

@testable import larder

/// What is said of the history and of what is expected.
@Suite struct HabitTextTests {
    private let path = WirePath(RelativePath(["Show", "S01E08.mkv"]))

    private func item(_ probability: Double = 0.9) -> ForecastReport.Item {
        ForecastReport.Item(
            path: path, probability: probability, earliest: 100, latest: 200, bytes: 16 << 20,
            priority: "high", reason: "the next of its folder")
    }

    private var text: ForecastText {
        ForecastText(colours: false, clock: { "c\($0)" }, day: { "d\($0)" })
    }

    /// Days are counted by hand: 2000-02-29 is the 11,016th since 1970-01-01, 2026-12-01 the 20,788th; the day before the first is of 1969.
    @Test(arguments: [
        (0, 1970, 1, 1), (-1, 1969, 12, 31), (58, 1970, 2, 28), (59, 1970, 3, 1),
        (11_016, 2000, 2, 29), (11_017, 2000, 3, 1), (20_788, 2026, 12, 1), (-719_468, 0, 3, 1),
    ])
    func datesAreThoseOfTheCalendar(day: Int, year: Int, month: Int, ofMonth: Int) {
        #expect(MomentText.date(ofDay: day) == (year, month, ofMonth))
    }

    @Test func aForecastSaysWhenHowSurelyAndWhy() {
        var report = ForecastReport(isKept: true, warms: true)
        report.items = [item()]
        report.yesterday = ForecastReport.Yesterday(
            expected: [
                .init(path: path, probability: 0.8, earliest: 1, latest: 2, openedAt: 1),
                .init(path: path, probability: 0.7, earliest: 1, latest: 2, openedAt: nil),
            ], opened: 5, openedAsExpected: 1)
        let shown = text.forecast(report, hours: 12, view: "/view")
        for part in [
            "/view", "d100", "c100 to c200", "90 %", "16.0 MiB", "high", "Show/S01E08.mkv",
            "the next of its folder",
            "2 files were expected, and 1 of them opened; 5 files were opened, and 1 of them expected",
        ] { #expect(shown.contains(part), "\(part) is not in \(shown)") }
        #expect(!shown.contains("warming=off"))
        report.warms = false
        #expect(text.forecast(report, hours: 12, view: "/view").contains("warming=off"))
    }

    @Test func whyNothingIsExpectedIsSaid() {
        let kept = ForecastReport(isKept: true, warms: true)
        #expect(text.forecast(kept, hours: 1, view: "/v").contains("next 1 hour:"))
        #expect(text.plan(kept, view: "/v").contains("quiet hour"))
        let off = ForecastReport(isKept: true, warms: false)
        #expect(text.plan(off, view: "/v").contains("warming=off"))
        let none = ForecastReport(isKept: false, warms: false)
        #expect(text.plan(none, view: "/v").contains("history-size=0"))
        #expect(text.forecast(none, hours: 1, view: "/v").contains("history-size=0"))
    }

    @Test func aPlanSaysWhatItCosts() {
        var report = ForecastReport(isKept: true, warms: true)
        report.items = [item(), item(0.6)]
        report.restraint = "memory is busy (90 %)"
        let shown = text.plan(report, view: "/view")
        #expect(shown.contains("2 files, 32.0 MiB at most"), "\(shown)")
        #expect(shown.contains("memory is busy (90 %)"))
    }

    @Test func aHistoryNamesWhatWasDone() {
        var report = HistoryReport(isKept: true)
        report.files = [
            HistoryReport.File(
                path: path, opens: 3, firstOpen: 1, lastOpen: 7, meanIntervalSeconds: 86_400,
                readBytes: 1 << 20, headBytes: 10, sizeBytes: 20)
        ]
        report.opens = [HistoryReport.Open(at: 7, program: "mp\u{1B}v", userID: 1000)]
        let text = HistoryText(colours: false, moment: { "m\($0)" })
        let shown = text.render(report, path.path, view: "/view")
        for part in ["/view/Show/S01E08.mkv", "3", "m7", "1.00 MiB", "1000"] {
            #expect(shown.contains(part), "\(part) is not in \(shown)")
        }
        #expect(!shown.contains("\u{1B}"), "a terminal must not obey the names of programs")
        #expect(
            text.render(HistoryReport(isKept: true), RelativePath(), view: "/v")
                .contains("Nothing is remembered"))
        #expect(
            text.render(HistoryReport(isKept: false), RelativePath(), view: "/v")
                .contains("history-size=0"))
    }

    @Test(arguments: [
        ["forecast", "--hours", "0"], ["forecast", "--hours", "169"], ["forecast", "a", "b"],
        ["forecast", "--hours", "x"], ["history", "a", "b"], ["history", "--forget", "--json"],
        ["warm", "--plan", "--list", "f"], ["warm", "--plan", "-0"], ["warm", "--json", "a"],
        ["warm", "--plan", "a", "b"],
    ])
    func whatMakesNoSenseIsRefused(words: [String]) {
        #expect(throws: CommandError.self) {
            try CommandParser.parse(words.map { Array($0.utf8) })
        }
    }

    @Test func whatIsAskedForIsUnderstood() throws {
        func parse(_ words: String...) throws -> Command {
            try CommandParser.parse(words.map { Array($0.utf8) })
        }
        #expect(try parse("history") == .history(HistoryRequest()))
        #expect(
            try parse("history", "--forget", "a")
                == .history(HistoryRequest(path: Array("a".utf8), forgets: true)))
        #expect(
            try parse("forecast", "v", "--hours", "24")
                == .forecast(ForecastRequest(view: "v", hours: 24)))
        #expect(
            try parse("warm", "--plan", "--json")
                == .forecast(ForecastRequest(isPlan: true, json: true)))
        #expect(try parse("warm", "a") == .warm(WarmRequest(paths: [Array("a".utf8)])))
    }
}
