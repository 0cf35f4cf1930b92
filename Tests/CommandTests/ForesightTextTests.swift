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

    @Test func summarySaysWhatHoldsItBack() {
        let held = ForesightStatus(
            strategy: "conservative", pinned: true, restraint: "memory is 85 % full", coverage: 0,
            trafficRatio: 1)
        #expect(
            ForesightText.summary(held) == """
                conservative, pinned; coverage 0.0 %, traffic 1.00 x; \
                nothing is fetched ahead: memory is 85 % full
                """)
        #expect(ForesightText.isWorthSaying(held))
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

@Suite struct ExplainTextTests {
    private func render(_ report: ExplanationReport) -> String {
        ExplainText(colours: false).render(report, view: "/v")
    }

    @Test func tellsEverything() {
        var stream = ForesightTextTests.film
        stream.path = nil
        let report = ExplanationReport(
            path: RelativePath(["films", "a.mkv"]),
            file: .init(
                kind: .file, sizeBytes: 4 << 30, contentType: "media", chunkBytes: 1 << 20),
            seen: .init(
                opens: 1, reads: 1204, pattern: "sequential", confidence: 0.954,
                consistency: 0.98, randomness: 0.025, sweep: "third of 12 episodes in order",
                streams: [stream],
                decisions: [
                    .init(
                        secondsAgo: 2, reason: "sequential",
                        because: "forward, 12 reads, 3.1 MB/s", startBytes: 1 << 30,
                        endBytes: 1 << 30 + 16 << 20, issuedBytes: 16 << 20, usedBytes: 0,
                        outcome: "in flight"),
                    .init(
                        secondsAgo: 65, reason: "container", because: "tail of a Matroska file",
                        startBytes: 0, endBytes: 65536, issuedBytes: 0, usedBytes: 0,
                        outcome: "already there"),
                ]))
        #expect(
            render(report) == """
                /v/films/a.mkv
                  file     4.00 GiB, media, chunks of 1.00 MiB
                  seen     1 open, 1,204 reads
                  pattern  sequential, 95 % sure
                  steps    consistency 0.98, randomness 0.03
                  folder   third of 12 episodes in order

                  stream  pattern     sure  position        of    window     ahead        rate  reads  idle
                  mpv     sequential  95 %  1.00 GiB  4.00 GiB  32.0 MiB  16.0 MiB  3.50 MiB/s  8,192   0 s

                        ago  reason          from     bytes   fetched  used  outcome        because
                        2 s  sequential  1.00 GiB  16.0 MiB  16.0 MiB   0 B  in flight      forward, 12 reads, 3.1 MB/s
                  1 min 5 s  container        0 B  64.0 KiB       0 B   0 B  already there  tail of a Matroska file
                """, "\(render(report))")
    }

    @Test func saysWhatIsNotKnown() {
        let path = RelativePath(["a"])
        #expect(
            render(ExplanationReport(path: path))
                == "/v/a\n  seen     never: nobody has looked at it since the mount")
        #expect(
            render(
                ExplanationReport(
                    path: path,
                    file: .init(
                        kind: .file, sizeBytes: 5, contentType: "userData", chunkBytes: 512)))
                    == """
                    /v/a
                      file     5 B, user data, chunks of 512 B
                      seen     no open and no read that is remembered
                    """)
        #expect(
            render(
                ExplanationReport(path: RelativePath(), file: .init(kind: .folder, sizeBytes: 0)))
                    == """
                    /v
                      file     a folder
                      seen     only files are opened and read; name one
                    """)
        let quiet = ExplanationReport(
            path: path,
            seen: .init(
                opens: 2, reads: 1, pattern: "new", confidence: 0, consistency: 0, randomness: 0))
        #expect(render(quiet).hasSuffix("\n\n  Nothing was fetched ahead."))
    }

    @Test func namesCannotSteerTheTerminal() {
        let path = RelativePath(["a\u{1B}[2Jb\nc\u{202E}d"])
        #expect(render(ExplanationReport(path: path)).hasPrefix("/v/a?[2Jb?c?d\n"))
    }
}
