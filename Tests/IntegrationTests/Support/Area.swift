import Glibc
import Model
import Platform
import Synchronization
import TestSupport
import Testing

/// The place of one test: a directory of its own on a real file system, and every process that it
/// started.
///
/// When the test ends, well or not, nothing is left: no process, no mount, no file.
final class Area: Sendable {
    @TaskLocal private static var active: Area?

    /// The area of the test that runs.
    static var current: Area {
        guard let active else { preconditionFailure("outside of a test with the trait .area") }
        return active
    }

    /// Absolute and short: sockets live below it.
    let path: String
    private let processes = Mutex<[(name: String, process: SpawnedProcess)]>([])
    private let watchdog = Mutex<Watchdog?>(nil)
    private let counter = Mutex(0)
    private let hasShownLogs = Mutex(false)
    private let isInterrupted = Mutex(false)
    private static let open = Mutex<[Area]>([])

    private init() throws {
        let base = TestRun.variable("LARDER_TEST_DIRECTORY") ?? "/var/tmp"
        path = "\(base)/larder-\(String(UInt32.random(in: .min ... .max), radix: 36))"
        try FileCalls.makeDirectory(
            at: FileCalls.workingDirectory, Array(path.utf8), mode: 0o755)
        try makeDirectory("run")
        let dog = Watchdog { [self] in killAll() }
        watchdog.withLock { $0 = dog }
        dog.start()
    }

    static func with(_ body: @Sendable () async throws -> Void) async throws {
        Interruption.watch()
        let area = try Area()
        open.withLock { $0.append(area) }
        defer { open.withLock { $0.removeAll { $0 === area } } }
        await $active.withValue(area) {
            do {
                try await body()
            } catch {
                // Recorded while the logs are still there.
                Issue.record(error)
            }
        }
        area.tearDown()
    }

    // MARK: Files

    func path(_ name: String) -> String { "\(path)/\(name)" }

    /// A name that was not used before in this area.
    func fresh(_ name: String) -> String {
        let number = counter.withLock { count in
            count += 1
            return count
        }
        return path("\(name).\(number)")
    }

    @discardableResult
    func makeDirectory(_ name: String) throws -> String {
        let directory = path(name)
        try FileCalls.makeDirectory(
            at: FileCalls.workingDirectory, Array(directory.utf8), mode: 0o755)
        return directory
    }

    // MARK: Processes

    var environment: [String: String] {
        ["LARDER_RUNTIME_DIR": path("run"), "XDG_RUNTIME_DIR": path("run"), "LC_ALL": "C"]
    }

    /// Starts a daemon that is killed with the area at the latest.
    func spawn(
        _ name: String, _ program: String, _ arguments: [String], user: UInt32? = nil,
        environment more: [String: String] = [:]
    ) throws -> SpawnedProcess {
        // A test that is being interrupted meets errors, and may want to start again what is gone.
        if isInterrupted.withLock({ $0 }) { throw Errno.interrupted }
        let log = fresh(name)
        let process = try SpawnedProcess(
            program, arguments, output: log,
            environment: environment.merging(more) { $1 }, user: user)
        processes.withLock { $0.append((name, process)) }
        return process
    }

    /// Mounts a file system of its own on a folder, in memory. Needs root.
    ///
    /// - Parameter mebibytes: nil: as large as the kernel makes it.
    func mountMemory(on path: String, mebibytes: Int? = nil) throws {
        let size = mebibytes.map { ["-o", "size=\($0)m"] } ?? []
        let mounted = try run("/bin/mount", ["-t", "tmpfs"] + size + ["tmpfs", path])
        try #require(mounted.isSuccess, "\(mounted)")
    }

    /// Runs a program to its end.
    ///
    /// - Throws: ``ConditionTimedOut`` when it takes longer than `seconds`; it is killed then.
    func run(
        _ program: String, _ arguments: [String], within seconds: Double = 60,
        directory: String? = nil, user: UInt32? = nil, environment more: [String: String] = [:]
    ) throws -> CommandResult {
        let output = fresh("out")
        let errors = fresh("err")
        let process = try SpawnedProcess(
            program, arguments, output: output, errorPath: errors,
            environment: environment.merging(more) { $1 }, directory: directory, user: user)
        let name = ([program] + arguments).joined(separator: " ")
        defer {
            unlink(output)
            unlink(errors)
        }
        let ending: ChildProcess.Ending
        do {
            ending = try process.wait(name, within: seconds)
        } catch {
            killAll()
            throw error
        }
        return CommandResult(
            name: name, ending: ending, output: process.output, errors: SpawnedProcess.text(errors))
    }

    /// Runs `body`, which may block on a view or a share; a hang is a failure.
    func guarded<Value>(
        _ what: @autoclosure () -> String, within seconds: Double = 20, _ body: () throws -> Value
    ) throws -> Value {
        guard let dog = watchdog.withLock({ $0 }) else { preconditionFailure("no watchdog") }
        return try dog.guarded(what(), within: seconds, body)
    }

    // MARK: The end

    /// At which the kernel gives up every request to them, and callers that hang get an error.
    private func killAll() {
        for (_, process) in processes.withLock({ $0 }) { process.send(SIGKILL) }
    }

    /// On whatever thread, while their tests run.
    static func interruptAll() {
        for area in open.withLock({ $0 }) {
            area.isInterrupted.withLock { $0 = true }
            area.tearDown()
            // Where the test cannot go on making files.
            rename(area.path, area.path + ".over")
            FileTree.remove(area.path + ".over")
        }
    }

    private func tearDown() {
        // Views before the shares below them.
        for (_, process) in processes.withLock({ $0 }).reversed() where process.ended == nil {
            process.send(SIGKILL)
            _ = try? process.wait("a daemon", within: 20)
        }
        for mount in mounts.reversed() {
            if TestRun.isRoot {
                umount2(mount, Int32(MNT_DETACH))
            } else {
                _ = try? run("/usr/bin/fusermount3", ["-uz", "--", mount])
            }
        }
        watchdog.withLock { $0?.stop() }
        let left = mounts
        if !left.isEmpty { Issue.record("still mounted: \(left)") }
        if TestRun.variable("LARDER_TEST_KEEP") == nil, left.isEmpty { FileTree.remove(path) }
    }

    /// Mountpoints below the area, in the order in which they were mounted.
    var mounts: [String] {
        guard let table = try? MountTable.current() else { return [] }
        return table.entries.map { String(decoding: $0.mountPoint, as: UTF8.self) }
            .filter { $0.hasPrefix(path + "/") }
    }

    // MARK: Logs

    /// What each daemon has said, in the order in which they were started.
    var logs: [String] { processes.withLock { $0 }.map(\.process.output) }

    /// The ends of the daemons' logs; once, however many failures a test has.
    func takeLogs() -> String? {
        let isFirst = hasShownLogs.withLock { shown in
            defer { shown = true }
            return !shown
        }
        guard isFirst else { return nil }
        let parts = processes.withLock { $0 }.suffix(4).compactMap { name, process -> String? in
            let lines = process.output.split(separator: "\n").suffix(40)
            return "--- \(name) (pid \(process.pid))\n" + lines.joined(separator: "\n")
        }
        return parts.isEmpty ? nil : parts.joined(separator: "\n")
    }

    /// The area of the test that records an issue, if it has one.
    static var activeLogs: String? { active?.takeLogs() }
}

/// How a program ended and what it said.
struct CommandResult: CustomStringConvertible {
    var name: String
    var ending: ChildProcess.Ending
    var output: String
    var errors: String

    var code: Int32? {
        if case .exited(let code) = ending { return code }
        return nil
    }

    var isSuccess: Bool { ending == .exited(code: 0) }

    var description: String {
        "\(name): \(ending)\n\(output.suffix(2000))\(errors.suffix(2000))"
    }
}

/// Gives every test of a suite its ``Area``.
struct AreaTrait: SuiteTrait, TestTrait, TestScoping {
    var isRecursive: Bool { true }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await Area.with(function)
    }
}

extension Trait where Self == AreaTrait {
    static var area: Self { AreaTrait() }
}

extension Trait where Self == IssueHandlingTrait {
    /// Puts the daemons' logs beside the first failure of a test.
    static var daemonLogs: Self {
        .compactMapIssues { issue in
            var issue = issue
            if let logs = Area.activeLogs { issue.comments.append(Comment(rawValue: "\n" + logs)) }
            return issue
        }
    }
}
