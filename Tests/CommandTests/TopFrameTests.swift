import Control
import Model
import Testing

@testable import larder

@Suite struct TopFrameTests {
    typealias ViewStatus = StatusCommand.ViewStatus

    private func status(
        uptime: Double, bytes: Int64 = 0, hits: Int64 = 0, foresight: ForesightStatus? = nil
    ) -> ViewStatus {
        var report = StatusReport(
            MountConfiguration(sharePath: "/mnt/nas", viewPath: "/v", cacheDirectory: "/c"),
            program: "larder 1", pid: 42, uptimeSeconds: uptime)
        report.share = StatusReport.Share(
            reads: bytes >> 20, bytes: bytes, inFlight: 4, waiting: 1, roundTripMilliseconds: 8,
            bandwidthBytesPerSecond: 100 * 1_048_576)
        report.tiers = [
            StatusReport.Tier(
                name: "memory", bytes: 256 << 20, limitBytes: 512 << 20, entries: 2, hits: hits,
                misses: hits / 3, servedBytes: hits << 10)
        ]
        report.readahead = StatusReport.Readahead(issuedBytes: bytes / 2)
        report.foresight = foresight
        return ViewStatus(view: "/v", share: "/mnt/nas", status: report)
    }

    private func frame(
        _ views: [ViewStatus], before: [ViewStatus] = [], columns: Int = 100, rows: Int = 50
    ) -> [String] {
        TopFrame(columns: columns, rows: rows, colours: false).lines(views, before: before)
    }

    @Test func showsEverything() {
        let now = status(
            uptime: 12, bytes: 30 << 20, hits: 300, foresight: ForesightTextTests.foresight)
        let lines = frame([now], before: [status(uptime: 10, bytes: 10 << 20)])
        #expect(
            lines.joined(separator: "\n") == """
                /v  of  /mnt/nas  up 12 s
                  share  8.0 ms round trip, 100 MiB/s; now 10.0 MiB/s in 10.0 reads/s; 4 in flight, 1 waiting
                  ahead  balanced, moves by itself; now 5.00 MiB/s; accuracy 94.4 %; coverage 83.0 %, traffic 1.04 x

                  tier       used       of    full        now  hits/s  hit ratio now  in all
                  memory  256 MiB  512 MiB  50.0 %  150 KiB/s   150.0         75.0 %  75.0 %

                  reason      fetched   in time      late    unused  accuracy  standing
                  sequential  100 MiB  80.0 MiB  5.00 MiB  5.00 MiB    94.4 %  full

                  stream       program  position                    rate     ahead  pattern           sure
                  films/a.mkv  mpv      [==>+......]  25.0 %  3.50 MiB/s  16.0 MiB  sequential        95 %
                  (gone)       ?        [..........]       -        idle       0 B  strided 4.00 KiB  70 %
                """, "\(lines.joined(separator: "\n"))")
    }

    @Test(arguments: [20, 40, 80, 100, 132, 300], [1, 2, 5, 24])
    func staysInsideTheTerminal(columns: Int, rows: Int) {
        var foresight = ForesightTextTests.foresight
        foresight.restraint = String(repeating: "busy ", count: 40)
        foresight.streams[0].path = WirePath(
            RelativePath([Name(String(repeating: "映画", count: 100)), "the end.mkv"]))
        var broken = status(uptime: 1, foresight: foresight)
        broken.status?.state = .cacheDegraded
        broken.status?.reason = "no space"
        let dead = ViewStatus(view: "/w", share: "/x", status: nil, error: "gone\nfor good")
        let lines = frame(
            [status(uptime: 5, foresight: foresight), broken, dead], columns: columns, rows: rows)
        #expect(lines.count <= rows)
        if columns >= 80 && rows == 24 {
            #expect(lines.contains { $0.contains("accuracy  standing") })
            #expect(lines.contains { $0.contains("rate     ahead") })
        }
        for line in lines { #expect(line.columns <= columns, "\(line)") }
        #expect(!lines.contains { $0.contains("\n") })
    }

    @Test func theEndOfAPathIsWhatStays() throws {
        var foresight = ForesightTextTests.foresight
        foresight.streams = [foresight.streams[0]]
        foresight.streams[0].path = WirePath(
            RelativePath([Name(String(repeating: "x", count: 200)), "last.mkv"]))
        let lines = frame([status(uptime: 5, foresight: foresight)], columns: 120)
        #expect(try #require(lines.last).hasPrefix("  …xxx"))
        #expect(try #require(lines.last).contains("x/last.mkv  mpv"))
    }

    @Test func withoutAnEarlierLookThereAreNoRates() {
        let lines = frame([status(uptime: 5)]).joined(separator: "\n")
        #expect(lines.contains("now - in - reads/s"))
        #expect(frame([]) == ["No view is mounted."])
        // Another daemon counts from the beginning.
        var old = status(uptime: 4, bytes: 1 << 30)
        old.status?.pid = 41
        #expect(
            frame([status(uptime: 5)], before: [old]).joined()
                == frame([status(uptime: 5)]).joined())
    }

    @Test func ratesAreDifferencesOverTime() throws {
        let rates = try #require(
            TopRates(
                from: status(uptime: 10, bytes: 100, hits: 300).status,
                to: status(uptime: 14, bytes: 500, hits: 600).status))
        #expect(rates.shareBytes == 100)
        #expect(rates.aheadBytes == 50)
        #expect(rates.tiers["memory"]?.hits == 75)
        #expect(rates.tiers["memory"]?.hitRatio == 0.75)
        let same = status(uptime: 10).status
        #expect(TopRates(from: same, to: same) == nil)
        #expect(TopRates(from: nil, to: same) == nil)
        let quiet = TopRates(from: same, to: status(uptime: 11).status)
        #expect(quiet?.tiers["memory"]?.hitRatio == nil)
    }
}
