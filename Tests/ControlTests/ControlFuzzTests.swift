import Control
import Glibc
import Model
import Platform
import TestSupport
import Testing

/// Whatever is sent to the control socket, it is answered in one line of JSON or hung up on, and the daemon lives on.
///
/// Lines are valid ones with bytes exchanged, cut, doubled and inserted. A seed that once failed is added to `kept`.
@Suite struct ControlFuzzTests {
    private struct Handler: ControlHandler {
        func handle(_ request: ControlRequest) -> ControlResponse {
            switch request {
            case .status, .sleep, .wake, .offline, .online:
                .status(
                    StatusReport(
                        MountConfiguration(
                            sharePath: "/share", viewPath: "/view", cacheDirectory: "/cache"),
                        program: "test", pid: 1, uptimeSeconds: 2))
            case .evict(let paths): .evicted(paths.map { EvictionReport(path: $0.path, files: 1) })
            case .configuration:
                .configuration(ConfigurationReport(viewPath: "/view", file: nil, options: []))
            case .reload: .failed("nothing to reload")
            case .pin, .unpin, .pins: .failed("nothing is pinned here")
            case .known: .known(KnownBatch(.nothing))
            case .cached: .cached(CachedBatch())
            case .refresh(let paths):
                .refreshed(paths.map { RefreshReport(path: $0.path, known: 1) })
            case .verify: .verified(VerificationBatch())
            case .history, .forgetHistory: .history(HistoryReport(isKept: true))
            case .forecast, .warmPlan: .forecast(ForecastReport(isKept: true, warms: false))
            case .explain(let path): .explained(ExplanationReport(path: path.path))
            case .records(let after, let most):
                .accesses(AccessBatch(pid: 1, nowMicroseconds: Int64(most), newest: after))
            }
        }
    }

    private static let kept: [UInt64] = [1, 2, 3]

    private static func lines() throws -> [[UInt8]] {
        let paths = [
            RelativePath(["a", "b"]), RelativePath([Name([0xFF, 0xC3, 0x0A])]), RelativePath([]),
        ]
        let requests: [ControlRequest] =
            [.status, .evict(paths.map { WirePath($0) }), .records(after: 7, max: 9)]
            + paths.map { .explain(WirePath($0)) }
            + paths.map { .pin(WirePath($0), bytes: 7, priority: .high) }
            + [
                .known(WirePath(paths[0]), after: Name([0xFF])), .refresh([WirePath(paths[1])]),
                .cached(WirePath(paths[1]), .disk, after: 1 << 40),
                .verify(WirePath(paths[0]), after: 7, sums: true),
                .history(WirePath(paths[1])), .forgetHistory(WirePath(paths[2])),
                .forecast(hours: 12), .warmPlan,
            ]
        return try requests.map { Array(try WireFormat.line($0).dropLast()) } + [
            Array(#"{"command":"evict","paths":[[[[[[["#.utf8),
            [UInt8](repeating: UInt8(ascii: "["), count: 4000),
            Array(#"{"after":1e999,"command":"records","max":18446744073709551616}"#.utf8),
            Array(#"{"command":"\ud800","version":1}"#.utf8),
        ]
    }

    private static func mutated(_ line: [UInt8], _ random: inout SplitMix) -> [UInt8] {
        var line = line
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            let at = Int.random(in: 0...line.count, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0 where at < line.count: line[at] = UInt8.random(in: 0...255, using: &random)
            case 1: line.insert(UInt8.random(in: 0...255, using: &random), at: at)
            case 2: line.removeSubrange(at..<min(line.count, at + 9))
            case 3: line.insert(contentsOf: line.prefix(at), at: at)
            default: line.insert(contentsOf: Array(#"99999999999999999999"#.utf8), at: at)
            }
            // A sender may put a newline anywhere; then it is another request.
            line.removeAll { $0 == UInt8(ascii: "\n") }
            line = Array(line.prefix(8000))
        }
        return line
    }

    /// The answer, with its newline; empty when the server hung up.
    private static func send(
        _ line: [UInt8], to name: String, in directory: DescriptorReference
    ) throws -> [UInt8] {
        let socket = try UnixSocket.connect(
            in: directory.rawValue, name: name, timeout: .seconds(5))
        let raw = socket.rawValue
        try FileContents.write(raw, line + [UInt8(ascii: "\n")])
        var answer: [UInt8] = []
        while answer.last != UInt8(ascii: "\n") {
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            let count = try systemCall { read(raw, &buffer, buffer.count) }
            if count == 0 { break }
            answer += buffer[..<count]
        }
        return answer
    }

    @Test(arguments: kept + [UInt64.random(in: .min ... .max)])
    func everyLineGetsAnAnswer(seed: UInt64) throws {
        let place = try TemporaryDirectory()
        let runtime = RuntimeDirectory(path: "\(place.path)/run", owner: Environment.userID)
        let configuration = MountConfiguration(
            sharePath: "/share", viewPath: "/view", cacheDirectory: "/cache")
        let service = try ControlService(configuration, runtime: runtime, handler: Handler())
        defer { service.stop() }
        let directory = try #require(try runtime.open())
        let name = MountRegistry.socketName(ofView: Array("/view".utf8))
        let lines = try Self.lines()
        var random = SplitMix(seed: seed)
        for number in 0..<1500 {
            let line = Self.mutated(lines[number % lines.count], &random)
            let answer = try Self.send(line, to: name, in: directory)
            let shown = String(decoding: line.prefix(300), as: UTF8.self)
            #expect(answer.last == UInt8(ascii: "\n"), "seed \(seed): \(shown)")
            #expect(answer.filter { $0 == UInt8(ascii: "\n") }.count == 1, "seed \(seed): \(shown)")
            #expect(throws: Never.self, "seed \(seed): \(shown)") {
                try WireFormat.decode(ControlResponse.self, from: Array(answer.dropLast()))
            }
        }
        // And it still knows what it is for.
        let client = ControlClient(answerTime: .seconds(5))
        guard case .status = try client.ask(.status, in: directory, name: name) else {
            Issue.record("no status, seed \(seed)")
            return
        }
    }

    /// What the other side answers is no more to be trusted than what it is asked.
    @Test(arguments: kept + [UInt64.random(in: .min ... .max)])
    func everyAnswerIsReadOrRefused(seed: UInt64) throws {
        let status = ControlResponse.status(
            StatusReport(
                MountConfiguration(
                    sharePath: "/share", viewPath: "/view", cacheDirectory: "/cache"),
                program: "test", pid: 1, uptimeSeconds: 2))
        let lines = try [
            status, .failed("no"), .evicted([EvictionReport(path: RelativePath(["a"]), files: 1)]),
            .explained(ExplanationReport(path: RelativePath(["a"]))),
            .accesses(AccessBatch(pid: 1, nowMicroseconds: 2, newest: 8)),
        ].map { Array(try WireFormat.line($0).dropLast()) }
        var random = SplitMix(seed: seed)
        for number in 0..<5000 {
            let line = Self.mutated(lines[number % lines.count], &random)
            _ = try? WireFormat.decode(ControlResponse.self, from: line)
        }
    }
}
