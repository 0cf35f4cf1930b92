import Model

import Glibc
import Platform
import Synchronization

/// Runs `larder-train` as a process of its own, one at a time, with a deadline.
///
/// A thread that does nothing else starts the process, reads what it says on its standard error, and waits for its end:
/// nobody else waits, and no zombie is left. The process ends with that thread, and so with ours, whatever ends it.
/// Threads: any. The lock is held for no system call but the one that kills.
public final class TrainerProcess: Sendable {
    /// What it is to do.
    public struct Job: Equatable, Sendable {
        /// File of samples.
        public var samples: String
        /// The model's file, which it replaces.
        public var model: String
        public var seed: UInt64
        /// What it may ask for, in bytes.
        public var memoryMax: UInt64

        public init(samples: String, model: String, seed: UInt64 = 1, memoryMax: UInt64 = 400 << 20)
        {
            self.samples = samples
            self.model = model
            self.seed = seed
            self.memoryMax = memoryMax
        }
    }

    private struct State {
        var isRunning = false
        var isStopped = false
        /// While it has not been waited for: its number means nobody else.
        var child: ChildProcess?
    }

    /// Of what it says, that is kept.
    private static let messageBytesMax = 4096

    private let program: String
    private let deadline: Duration
    private let state = Mutex(State())

    /// - Parameters:
    ///   - program: absolute path of `larder-train`.
    ///   - deadline: how long a run may take.
    public init(program: String, deadline: Duration = .seconds(600)) {
        self.program = program
        self.deadline = deadline
    }

    /// Where the program lies that belongs to `larder`: beside it, or in `libexec` of the same prefix.
    ///
    /// - Parameter larder: absolute path of the running program.
    /// - Returns: nil where it is not installed.
    public static func locate(besides larder: String) -> String? {
        let folder = RealPath.split(larder).parent
        let candidates = [
            "\(folder)/larder-train",
            "\(RealPath.split(folder).parent)/libexec/larder/larder-train",
        ]
        return candidates.first { access($0, X_OK) == 0 }
    }

    public var isRunning: Bool { state.withLock { $0.isRunning } }

    /// Returns at once.
    ///
    /// - Parameter done: is called once, on the thread that waited, when another run may be started. A process that the
    ///   kernel holds and that cannot be killed is waited for until it is let go.
    /// - Returns: false when one is running, or after ``stop()``: then `done` is not called.
    public func start(_ job: Job, _ done: @escaping @Sendable (TrainerOutcome) -> Void) -> Bool {
        let isTaken = state.withLock { state in
            guard !state.isRunning, !state.isStopped else { return false }
            state.isRunning = true
            return true
        }
        guard isTaken else { return false }
        startThread(name: "trainer") {
            let outcome = self.run(job)
            self.state.withLock { $0.isRunning = false }
            done(outcome)
        }
        return true
    }

    /// Kills what is running, and lets nothing start from here on. Returns at once.
    public func stop() {
        state.withLock { state in
            state.isStopped = true
            if let child = state.child { kill(child.pid, SIGKILL) }
        }
    }

    private func run(_ job: Job) -> TrainerOutcome {
        do throws(Errno) {
            return try supervise(job)
        } catch .noSuchFile {
            return .missing(message: "\(program) is not there")
        } catch .accessDenied {
            return .missing(message: "\(program) may not be started")
        } catch {
            return .failed(code: TrainerExit.failed.rawValue, message: error.message)
        }
    }

    private func supervise(_ job: Job) throws(Errno) -> TrainerOutcome {
        let null = try FileCalls.open("/dev/null", .readWrite)
        var pipe = try Pipe()
        let errors = pipe.writing?.rawValue ?? null.rawValue
        let child = try ChildProcess(
            program,
            [
                "--samples", job.samples, "--model", job.model, "--seed", "\(job.seed)",
                "--memory", "\(job.memoryMax)", "--parent", "\(Environment.processID)",
            ], descriptors: [null.rawValue, null.rawValue, errors], newSession: true)
        pipe.closeWriting()
        let isStopped = state.withLock { state in
            state.child = child
            return state.isStopped
        }
        if isStopped { kill(child.pid, SIGKILL) }
        var message: [UInt8] = []
        let isLate: Bool
        do throws(Errno) {
            isLate = try waitForEnd(of: child, pipe.reading, &message)
        } catch {
            // Whatever keeps us from watching it, it is not left behind.
            kill(child.pid, SIGKILL)
            _ = try reap(child)
            throw error
        }
        return outcome(
            try reap(child), isLate, String(decoding: message, as: UTF8.self))
    }

    /// - Returns: whether it was killed because it was late.
    private func waitForEnd(
        of child: ChildProcess, _ errors: DescriptorReference, _ message: inout [UInt8]
    ) throws(Errno) -> Bool {
        let reference = try ProcessReference(child.pid)
        let clock = SystemClock()
        let end = clock.monotonic + deadline
        var isOpen = true
        var isLate = false
        while true {
            // Once killed it is only waited for.
            let left = isLate ? Duration.seconds(3600) : end - clock.monotonic
            let ready = try reference.waitForEnd(
                orInput: isOpen ? errors.rawValue : nil, within: left)
            if ready.hasInput { isOpen = try Self.read(errors, &message) }
            if ready.hasEnded { break }
            if !ready.hasInput, !isLate {
                isLate = true
                kill(child.pid, SIGKILL)
            }
        }
        // What it had said before it ended. Others may hold the pipe, who are not waited for.
        while isOpen, try Readiness.canRead(errors.rawValue, within: .zero) {
            isOpen = try Self.read(errors, &message)
        }
        return isLate
    }

    /// Takes one piece of what can be read.
    ///
    /// - Returns: false at the end.
    private static func read(
        _ errors: DescriptorReference, _ message: inout [UInt8]
    ) throws(Errno) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = try systemCall {
            buffer.withUnsafeMutableBytes { Glibc.read(errors.rawValue, $0.baseAddress, $0.count) }
        }
        message += buffer[..<min(count, messageBytesMax - message.count)]
        return count > 0
    }

    private func reap(_ child: ChildProcess) throws(Errno) -> ChildProcess.Ending {
        state.withLock { $0.child = nil }
        return try child.wait()
    }

    private func outcome(
        _ ending: ChildProcess.Ending, _ isLate: Bool, _ message: String
    ) -> TrainerOutcome {
        let isStopped = state.withLock { $0.isStopped }
        switch ending {
        case .exited(let code):
            return switch TrainerExit(rawValue: code) {
            case .trained: .trained
            case .tooFew: .tooFew
            case .missing: .missing(message: message)
            case .failed, .usage, nil: .failed(code: code, message: message)
            }
        case .killed(let signal):
            if isStopped { return .stopped }
            return isLate ? .timedOut : .killed(signal: signal, message: message)
        }
    }
}
