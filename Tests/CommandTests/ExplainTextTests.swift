import Control
import Model
import Testing

@testable import larder

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

    @Test(
        arguments: [
            (
                "extension", nil, "probe", nil,
                "by its extension; compressed on disk if its first chunk shows that it pays"
            ),
            (
                "folder", nil, "whileItPays", nil,
                "by its folder; compressed on disk as long as it pays"
            ),
            ("leadingDot", nil, "never", nil, "by the dot in front; not compressed on disk"),
            (
                "pattern", "a\u{7}*", "always", 0.75,
                "by the pattern a?* of the configuration; compressed on disk, each chunk by itself;"
                    + " fetched ahead because of others from a probability of 0.75"
            ),
            ("firstBytes", "PNG", "never", nil, "by its first bytes (PNG); not compressed on disk"),
            ("nothing", nil, "never", nil, "as nothing tells of another; not compressed on disk"),
        ] as [(String, String?, String, Double?, String)])
    func saysWhyItIsOfItsType(
        by: String, named: String?, compression: String, threshold: Double?, text: String
    ) {
        let file = ExplanationReport.File(
            kind: .file, sizeBytes: 5, contentType: "media", chunkBytes: 4096, recognisedBy: by,
            recognisedAs: named, compression: compression, prefetchThreshold: threshold)
        let lines = render(ExplanationReport(path: RelativePath(["a"]), file: file))
            .split(separator: "\n")
        #expect(lines[1] == "  file     5 B, media, chunks of 4.00 KiB")
        #expect(lines[2] == "  type     \(text)")
    }

    @Test(
        arguments: [
            ("memory", "; stays in memory alone"), ("disk", "; stays on the disk"),
            ("storage", "; stays in the storage tier"), (nil, ""),
        ] as [(String?, String)])
    func saysInWhichTierItStays(tier: String?, text: String) {
        let file = ExplanationReport.File(
            kind: .file, sizeBytes: 5, contentType: "media", chunkBytes: 4096,
            recognisedBy: "extension", compression: "never", tier: tier)
        let lines = render(ExplanationReport(path: RelativePath(["a"]), file: file))
            .split(separator: "\n")
        #expect(lines[2] == "  type     by its extension; not compressed on disk\(text)")
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
