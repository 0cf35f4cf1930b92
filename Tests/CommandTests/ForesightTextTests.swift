import Control
import Model
import Testing

@testable import larder

@Suite struct ForesightTextTests {
    static let film = StreamStatus(
        path: RelativePath(["films", "a.mkv"]), program: "mpv", pattern: "sequential",
        confidence: 0.954, positionBytes: 1 << 30, sizeBytes: 4 << 30, windowBytes: 32 << 20,
        aheadBytes: 16 << 20, bytesPerSecond: 3.5 * 1_048_576, reads: 8192, idleSeconds: 0.2)
    static let table = StreamStatus(
        path: nil, program: "", pattern: "strided", confidence: 0.7, positionBytes: 0,
        sizeBytes: 0, strideBytes: -4096, reads: 3, idleSeconds: 61)
    static let score = ScoreStatus(
        reason: "sequential", predictions: 1000, issuedBytes: 100 << 20,
        usedInTimeBytes: 80 << 20, usedLateBytes: 5 << 20, unusedBytes: 5 << 20,
        inFlightBytes: 10 << 20, accuracy: 0.944, precision: 1, recall: nil, standing: "full")
    static let foresight = ForesightStatus(
        strategy: "balanced", coverage: 0.83, trafficRatio: 1.04, streams: [film, table],
        scores: [score])

    @Test func statusShowsStreamsAndScorecard() {
        var report = StatusReport(
            MountConfiguration(sharePath: "/mnt/nas", viewPath: "/v", cacheDirectory: "/c"),
            program: "larder 1", pid: 42, uptimeSeconds: 61)
        let view = { (report: StatusReport) in
            StatusText(colours: false).render(
                StatusCommand.ViewStatus(view: "/v", share: "/mnt/nas", status: report))
        }
        report.foresight = ForesightStatus(strategy: "balanced")
        #expect(!view(report).contains("foresight"), "there is nothing to show")
        report.foresight = Self.foresight
        #expect(
            view(report).hasSuffix(
                """
                  foresight  balanced, moves by itself; coverage 83.0 %, traffic 1.04 x

                  tier  used  of  entries  hits  misses  hit ratio  served  evicted  dropped  damaged

                  stream       program  pattern           sure  position        of    window     ahead        rate  reads       idle
                  films/a.mkv  mpv      sequential        95 %  1.00 GiB  4.00 GiB  32.0 MiB  16.0 MiB  3.50 MiB/s  8,192        0 s
                  (gone)       ?        strided 4.00 KiB  70 %       0 B       0 B       0 B       0 B       0 B/s      3  1 min 1 s

                  reason      predictions  fetched   in time      late    unused  in flight  accuracy  precision  recall  standing
                  sequential        1,000  100 MiB  80.0 MiB  5.00 MiB  5.00 MiB   10.0 MiB    94.4 %    100.0 %       -  full
                """), "\(view(report))")
    }

    /// A folder of documents makes a stream of each: those that were read last are shown, in their order.
    @Test func statusShowsTwelveStreams() {
        var report = StatusReport(
            MountConfiguration(sharePath: "/mnt/nas", viewPath: "/v", cacheDirectory: "/c"),
            program: "larder 1", pid: 42, uptimeSeconds: 61)
        report.foresight = ForesightStatus(strategy: "balanced")
        func lines(_ count: Int) -> [Substring] {
            report.foresight?.streams = (0..<count).map { number in
                var stream = Self.film
                stream.path = WirePath(RelativePath([Name("docs"), Name("\(number).pdf")]))
                stream.idleSeconds = Double(number * 7 % 64)
                return stream
            }
            return StatusText(colours: false).render(
                StatusCommand.ViewStatus(view: "/v", share: "/mnt/nas", status: report)
            ).split(separator: "\n").filter { $0.contains(".pdf") || $0.contains("more") }
        }
        #expect(lines(12).count == 12)
        let many = lines(64)
        #expect(many.count == 13 && many.last == "  and 52 more, which --json lists")
        let shown = many.dropLast().compactMap { Int($0.dropFirst(7).prefix { $0 != "." }) }
        #expect(shown == (0..<64).filter { $0 * 7 % 64 < 12 })
    }

    @Test func summarySaysWhatHoldsItBack() {
        let held = ForesightStatus(
            strategy: "conservative", pinned: true, restraint: "memory is 85 % full", coverage: 0,
            trafficRatio: 1)
        #expect(
            ForesightText.summary(held) == """
                conservative, pinned; coverage 0.0 %, traffic 1.00 x; \
                less is fetched ahead: memory is 85 % full
                """)
        #expect(ForesightText.isWorthSaying(held))
        let limited = ForesightStatus(strategy: "balanced", limitBytesPerSecond: 5 << 20)
        #expect(ForesightText.summary(limited).hasSuffix("; at most 5.00 MiB/s ahead now"))
        #expect(ForesightText.isWorthSaying(limited))
    }

    @Test func accuracyIsOfWhatHasEnded() {
        #expect(ForesightText.accuracy([]) == nil)
        let waiting = ScoreStatus(
            reason: "sweep", predictions: 1, issuedBytes: 5, inFlightBytes: 5)
        #expect(ForesightText.accuracy([waiting]) == nil)
        let accuracy = ForesightText.accuracy([Self.score, waiting])
        #expect(ForesightText.ratio(accuracy) == "94.4 %")
    }
}
