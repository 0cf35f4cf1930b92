import Control
import Model
import Testing

@testable import larder

@Suite struct StatusTextTests {
    @Test(arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "-1,234,567")])
    func groupsDigits(number: Int, text: String) {
        #expect(StatusText.grouped(number) == text)
    }

    @Test(arguments: [
        (0.4, "0 s"), (59.9, "59 s"), (60, "1 min 0 s"), (3725, "1 h 2 min"), (90000, "1 d 1 h"),
        (86400, "1 d 0 h"), (.infinity, "-"),
    ])
    func saysHowLong(seconds: Double, text: String) {
        #expect(StatusText.span(seconds) == text)
    }

    @Test func ratiosOfNothingAreNoNumbers() {
        #expect(StatusText.percent(0, of: 0) == "-")
        #expect(StatusText.percent(1, of: 3) == "33.3 %")
        #expect(StatusText.decimal(.nan) == "-")
        #expect(StatusText.decimal(-0.04) == "0.0")
    }

    private func report(_ state: StatusReport.State = .ok) -> StatusReport {
        var report = StatusReport(
            MountConfiguration(sharePath: "/mnt/nas", viewPath: "/v", cacheDirectory: "/c"),
            program: "larder 1", pid: 42, uptimeSeconds: 61, state: state, reason: "EIO",
            troubleSeconds: state == .ok ? nil : 5)
        report.tiers = [
            StatusReport.Tier(
                name: "memory", bytes: 1 << 20, limitBytes: 1 << 29, entries: 2, hits: 3, misses: 1)
        ]
        return report
    }

    private func render(_ report: StatusReport?, colours: Bool = false) -> String {
        StatusText(colours: colours).render(
            StatusCommand.ViewStatus(
                view: "/v", share: "/mnt/nas", status: report, error: report == nil ? "gone" : nil))
    }

    @Test func tableIsAligned() throws {
        let lines = render(report()).split(separator: "\n")
        let header = try #require(lines.first { $0.contains("hit ratio") })
        let row = try #require(lines.first { $0.contains("1.00 MiB") })
        #expect(header.count == row.count)
        #expect(row.contains("75.0 %"))
    }

    @Test func saysWhatIsWrongAndWhatStillWorks() {
        #expect(render(report(.shareUnreachable)).contains("share unreachable for 5 s: EIO"))
        #expect(render(report(.shareUnreachable)).contains("stays readable"))
        #expect(render(report(.cacheDegraded)).contains("cache degraded"))
        #expect(render(nil).contains("no answer: gone"))
    }

    @Test func saysWhatNamesWereAskedFor() {
        var busy = report()
        busy.namespace = StatusReport.Namespace(
            knownFiles: 1, lookups: 1000, cachedLookups: 750, listingsOpened: 4, cachedListings: 1,
            listingsAhead: 30)
        #expect(
            render(busy).contains(
                "1,000 lookups (75.0 % cached), 4 folders opened (25.0 % cached), 30 listed ahead"))
        #expect(!render(report()).contains("lookups"))
        #expect(!render(busy).contains("refused"))
        busy.namespace.refusedEntries = 1200
        busy.namespace.unreadableEntries = 3
        #expect(render(busy).contains("1,200 entries refused, 3 without attributes"))
    }

    @Test func namesAreNotObeyedByTheTerminal() {
        let hostile = "/v\u{1B}[31m\n"
        var bad = report()
        bad.options.cacheDirectory = hostile
        bad.reason = hostile
        for (status, error) in [(bad, nil), (nil, hostile)] as [(StatusReport?, String?)] {
            let text = StatusText(colours: false).render(
                StatusCommand.ViewStatus(
                    view: hostile, share: hostile, status: status, error: error))
            #expect(!text.contains("\u{1B}"))
            #expect(text.hasPrefix("/v?[31m?  of  /v?[31m?\n"))
        }
    }

    @Test func coloursOnlyWhenWanted() {
        #expect(!render(report()).contains("\u{1B}"))
        #expect(render(report(), colours: true).contains("\u{1B}[32mok"))
    }
}
