import Foresight
import Platform
import Testing

@testable import Replay

/// Excerpts of real traces through the whole of Foresight. The figures are what the code did when they were written down;
/// whoever moves one beyond the tolerance has changed what people get, and says so by writing the new figure here.
@Suite struct GoldenReplayTests {
    struct Golden: Sendable, CustomTestStringConvertible {
        var trace: String
        var coverage: Double
        var accuracy: Double
        var traffic: Double
        /// Time that readers waited, over that without readahead.
        var stall: Double

        var testDescription: String { trace }
    }

    /// Two points of a hundred: what moves less is noise to a person, and small changes of constants stay free.
    static let tolerance = 0.02

    /// 4 KiB pages, LRU of 4 MiB: about a tenth of what most of these excerpts read.
    static let blocks = [
        Golden(
            trace: "arc_p3", coverage: 0.063, accuracy: 0.444, traffic: 1.080, stall: 0.943),
        Golden(
            trace: "arc_p6", coverage: 0.111, accuracy: 0.684, traffic: 1.052, stall: 0.890),
        Golden(
            trace: "darshan_compss_java", coverage: 0.508, accuracy: 0.766, traffic: 1.159,
            stall: 0.912),
        Golden(
            trace: "dlio_unet3d_npz", coverage: 0.993, accuracy: 0.997, traffic: 1.003, stall: 0.396
        ),
        Golden(
            trace: "websearch_umass_small", coverage: 0.279, accuracy: 0.560, traffic: 1.219,
            stall: 0.871),
    ]

    /// Programs in a closed loop, on a share with 8 ms and 100 MB/s.
    static let clients = [
        Golden(
            trace: "backward-strided", coverage: 0.999, accuracy: 0.392, traffic: 2.550,
            stall: 0.010),
        Golden(
            trace: "browse-folders", coverage: 0.398, accuracy: 0.214, traffic: 8.807, stall: 0.973
        ),
        Golden(
            trace: "cp-r", coverage: 0.957, accuracy: 0.675, traffic: 1.460, stall: 0.345),
        Golden(
            trace: "ffprobe-all", coverage: 0.958, accuracy: 0.803, traffic: 1.293, stall: 0.174),
        Golden(
            trace: "four-players-scanner", coverage: 0.994, accuracy: 0.797, traffic: 1.253,
            stall: 0.028),
        Golden(
            trace: "git-work", coverage: 0.991, accuracy: 0.185, traffic: 5.361, stall: 0.140),
        Golden(
            trace: "mpv-mp4-tail", coverage: 0.995, accuracy: 0.900, traffic: 1.113, stall: 0.022),
        Golden(
            trace: "mpv-scrub", coverage: 0.953, accuracy: 0.847, traffic: 1.192, stall: 0.110),
        Golden(
            trace: "pdf-view", coverage: 0.975, accuracy: 0.644, traffic: 1.734, stall: 0.195),
    ]

    @Test(arguments: blocks) func aBlockTrace(golden: Golden) throws {
        // The budget is half of memory; with less, nothing could be ahead of 4 MiB reads.
        let memory: Int64 = golden.trace.hasPrefix("dlio") ? 256 << 20 : 4 << 20
        let report = try TraceReplay.run(
            try Self.trace(golden.trace), files: nil,
            ReplaySettings(memory: memory, methods: [.foresight], policies: []),
            path: golden.trace)
        try check(report, golden)
    }

    @Test(arguments: clients) func aProgram(golden: Golden) throws {
        let files = try FileList(
            parsing: try Self.bytes("\(golden.trace).files.txt"), path: "\(golden.trace).files.txt")
        let report = try TraceReplay.run(
            try Self.trace(golden.trace), files: files,
            ReplaySettings(methods: [.foresight], policies: []), path: golden.trace)
        #expect(report.model == "clients")
        try check(report, golden)
    }

    private func check(_ report: TraceReport, _ golden: Golden) throws {
        let none = try #require(report.methods.first { $0.method == "none" })
        let row = try #require(report.methods.first { $0.method == "foresight" })
        let accuracy = row.accuracy ?? 0
        let stall = row.stallSeconds / none.stallSeconds
        let said: Comment =
            "\(golden.trace): coverage: \(row.coverage), accuracy: \(accuracy), traffic: \(row.traffic), stall: \(stall)"
        #expect(abs(row.coverage - golden.coverage) <= Self.tolerance, said)
        #expect(abs(accuracy - golden.accuracy) <= Self.tolerance, said)
        #expect(abs(row.traffic / golden.traffic - 1) <= Self.tolerance, said)
        #expect(abs(stall - golden.stall) <= Self.tolerance, said)
    }

    private static func trace(_ name: String) throws -> Trace {
        var parser = TraceParser(name: name, path: "\(name).csv")
        try parser.append(try bytes("\(name).csv")[...])
        return try parser.finish()
    }

    private static func bytes(_ name: String) throws -> [UInt8] {
        let folder = #filePath.split(separator: "/").dropLast().joined(separator: "/")
        return try FileContents.read("/\(folder)/Traces/\(name)")
    }
}
