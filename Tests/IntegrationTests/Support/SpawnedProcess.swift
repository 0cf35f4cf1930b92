import Glibc
import Model
import Platform
import Synchronization
import TestSupport

/// A program that a test started; its output goes to a file.
final class SpawnedProcess: Sendable {
    let pid: Int32
    /// What it wrote to standard output and error, unless they were parted.
    let outputPath: String
    private let ending = Mutex<ChildProcess.Ending?>(nil)

    /// - Parameters:
    ///   - environment: added to ours.
    ///   - directory: where it starts; ours if nil.
    ///   - user: user and group to run as; needs root.
    ///   - errorPath: a file for standard error alone.
    init(
        _ program: String, _ arguments: [String], output: String, errorPath: String? = nil,
        environment: [String: String] = [:], directory: String? = nil, user: UInt32? = nil
    ) throws {
        let null = try FileCalls.open("/dev/null", .readOnly)
        let out = try FileCalls.open(output, [.writeOnly, .create, .append], mode: 0o600)
        let apart = try errorPath.map {
            DescriptorReference(
                try FileCalls.open($0, [.writeOnly, .create, .append], mode: 0o600))
        }
        // env(1) sets what posix_spawn(3) cannot, and becomes the program: the process stays the
        // same.
        var words = directory.map { ["--chdir=\($0)"] } ?? []
        words += environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        if let user {
            words += [
                try Self.find("setpriv"), "--reuid=\(user)", "--regid=\(user)", "--clear-groups",
            ]
        }
        let child = try ChildProcess(
            try Self.find("env"), words + [program] + arguments,
            descriptors: [null.rawValue, out.rawValue, apart?.rawValue ?? out.rawValue])
        pid = child.pid
        outputPath = output
    }

    private static func find(_ name: String) throws -> String {
        guard let path = TestRun.program(name) else { throw Errno.noSuchFile }
        return path
    }

    /// nil while it runs.
    var ended: ChildProcess.Ending? {
        ending.withLock { ending in
            if ending != nil { return ending }
            var status: Int32 = 0
            guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
            let signal = status & 0x7f
            ending = signal == 0 ? .exited(code: (status >> 8) & 0xff) : .killed(signal: signal)
            return ending
        }
    }

    func send(_ signal: Int32) {
        // Reaped, its number may be another's.
        ending.withLock { if $0 == nil { _ = Glibc.kill(pid, signal) } }
    }

    /// - Throws: ``ConditionTimedOut``, after killing it.
    func wait(_ what: String, within seconds: Double) throws -> ChildProcess.Ending {
        do {
            return try waitUntil("\(what) ends", within: seconds, poll: 0.004) { ended }
        } catch {
            send(SIGKILL)
            throw error
        }
    }

    var output: String { Self.text(outputPath) }

    static func text(_ path: String) -> String {
        String(decoding: (try? FileContents.read(path)) ?? [], as: UTF8.self)
    }
}
