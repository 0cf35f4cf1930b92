import Control
import Model
import Platform
import TestSupport
import Testing

@Suite struct ControlServiceTests {
    private struct Handler: ControlHandler {
        var configuration: MountConfiguration

        func handle(_ request: ControlRequest) -> ControlResponse {
            switch request {
            case .status, .sleep, .wake, .offline, .online:
                .status(
                    StatusReport(configuration, program: "test", pid: 1, uptimeSeconds: 2))
            case .evict(let paths): .evicted(paths.map { EvictionReport(path: $0.path, files: 1) })
            case .known, .cached, .refresh, .verify: .failed("not in these tests")
            case .explain(let path): .explained(ExplanationReport(path: path.path))
            case .records(let after, _):
                .accesses(AccessBatch(pid: 1, nowMicroseconds: 2, newest: after + 1))
            case .configuration:
                .configuration(ConfigurationReport(viewPath: "/view", file: nil, options: []))
            case .reload: .reloaded(ReloadReport(.noFile))
            case .pin, .unpin, .pins, .history, .forgetHistory, .forecast, .warmPlan:
                .failed("not in these tests")
            }
        }
    }

    private let place: TemporaryDirectory
    private let runtime: RuntimeDirectory
    private let configuration: MountConfiguration

    init() throws {
        place = try TemporaryDirectory()
        // Longer than a socket's name may be (107 bytes).
        let long = String(repeating: "d", count: 120)
        runtime = RuntimeDirectory(path: "\(place.path)/\(long)", owner: Environment.userID)
        configuration = MountConfiguration(
            sharePath: "/share", viewPath: "/view", cacheDirectory: "/cache")
    }

    private func ask(_ request: ControlRequest) throws -> ControlResponse {
        let directory = try #require(try runtime.open())
        return try ControlClient(answerTime: .seconds(5)).ask(
            request, in: directory, name: MountRegistry.socketName(ofView: Array("/view".utf8)))
    }

    /// A daemon that takes a question and never says a word, or one letter of its answer.
    @Test(arguments: ["", "{"]) func aDaemonThatHangsIsNotWaitedForForEver(word: String) throws {
        let directory = try runtime.prepare()
        let listener = try UnixSocket.listen(in: directory.rawValue, name: "s", backlog: 1)
        let socket = DescriptorReference(listener)
        let ended = ConditionMutex(false)
        startThread(name: "hangs") {
            guard (try? Readiness.canRead(socket.rawValue, within: .seconds(60))) == true,
                let client = try? UnixSocket.accept(socket.rawValue)
            else { return }
            let held = DescriptorReference(client)
            try? FileContents.write(held.rawValue, Array(word.utf8))
            ended.wait { ended, _ in ended ? () : nil }
            _ = held.rawValue
        }
        let client = ControlClient(answerTime: .milliseconds(200))
        #expect(throws: ControlError.noAnswer(within: .milliseconds(200))) {
            try client.ask(.status, in: directory, name: "s")
        }
        ended.withLock { ended, condition in
            ended = true
            condition.broadcast()
        }
    }

    @Test func othersNeedNotAsk() {
        #expect(throws: ControlError.notOwner(7)) {
            try ControlClient(userID: 8).ask(.status, view: Array("/view".utf8), owner: 7)
        }
    }

    @Test func answersQuestionsAndLeavesNothingBehind() throws {
        let service = try ControlService(
            configuration, runtime: runtime, handler: Handler(configuration: configuration))
        guard case .status(let report) = try ask(.status) else {
            Issue.record("no status")
            return
        }
        #expect(report.sharePath == "/share")
        #expect(report.options.memoryBytes == 512 << 20)
        let path = RelativePath(["a", "b"])
        #expect(
            try ask(.evict([WirePath(path)])) == .evicted([EvictionReport(path: path, files: 1)]))
        #expect(try ask(.explain(WirePath(path))) == .explained(ExplanationReport(path: path)))
        let batch = AccessBatch(pid: 1, nowMicroseconds: 2, newest: 8)
        #expect(try ask(.records(after: 7, max: 1)) == .accesses(batch))
        let handler = Handler(configuration: configuration)
        #expect(throws: ControlError.self) {
            try ControlService(configuration, runtime: runtime, handler: handler)
        }
        service.stop()
        #expect(throws: ControlError.notRunning) { try ask(.status) }
        #expect(try DirectoryNames.list(runtime.path) == [])
    }
}
