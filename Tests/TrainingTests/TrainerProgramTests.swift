import Forest
import Glibc
import Platform
import TestSupport
import Testing

@testable import Training

/// The built program, as Larder starts it.
@Suite struct TrainerProgramTests {
    private let program = BuiltProgram("larder-train")
    private let folder: TemporaryDirectory
    private let samples: String
    private let model: String

    init() throws {
        folder = try TemporaryDirectory()
        samples = folder.path + "/samples"
        model = folder.path + "/model"
    }

    private func write(_ count: Int) throws {
        var maker = SampleMaker(random: SplitMix(seed: 5), count: count)
        try SampleMaker.write(
            maker.samples(chance: { ($0[.hour] ?? 0) >= 18 ? 0.9 : 0.02 }), to: samples)
    }

    private func run(memoryMax: UInt64 = 400 << 20) throws -> TrainerOutcome {
        let trainer = TrainerProcess(program: program.path, deadline: .seconds(60))
        let answer = ConditionMutex<TrainerOutcome?>(nil)
        let job = TrainerProcess.Job(samples: samples, model: model, memoryMax: memoryMax)
        #expect(
            trainer.start(job) { outcome in
                answer.withLock { slot, condition in
                    slot = outcome
                    condition.broadcast()
                }
            })
        return try #require(answer.wait(timeout: .seconds(90)) { slot, _ in slot })
    }

    @Test func samplesBecomeAModel() throws {
        try write(1500)
        #expect(try run() == .trained)
        let model = try ForestModelFile.read(model)
        #expect(model[.read]?.forest.treeCount == 100)
        #expect(model.lookaheadSeconds == 300)
        #expect(model.scorecard.isBetter)
        var evening = FeatureVector()
        evening[.hour] = 20
        #expect((model.probability(for: evening) ?? 0) > 0.7)
    }

    @Test func aModelOutlastsRunsThatMakeNone() throws {
        let before = Array("what was there".utf8)
        _ = try folder.file("model", "what was there")
        try write(500)
        #expect(try run() == .tooFew)
        _ = try folder.file("samples", "no samples at all, but long enough for a header")
        guard case .failed(1, let message) = try run() else {
            Issue.record("not failed")
            return
        }
        #expect(message.contains("no samples of Larder's"))
        // Without memory to speak of it says so, or is ended.
        try write(1500)
        switch try run(memoryMax: 1 << 20) {
        case .failed, .killed, .missing: break
        case let other: Issue.record("\(other)")
        }
        #expect(try FileContents.read(model) == before)
    }

    @Test func samplesMayComeThroughAPipe() throws {
        try write(1200)
        let (ending, output) = try ChildProcess.run(
            "/bin/sh",
            ["-c", "cat '\(samples)' | '\(program.path)' --model '\(model)' --seed 3"])
        #expect(ending == .exited(code: 0), "\(output)")
        #expect(output.contains("learned from 716 samples"))
        _ = try ForestModelFile.read(model)
    }

    @Test func wordsThatMakeNoSenseAreRefused() throws {
        for words in [[], ["--seed", "x", "--model", "y"], ["--model"], ["--what"]] {
            #expect(try program.run(words).code == 2, "\(words)")
        }
        #expect(try program.run(["--version"]).output == TrainerUsage.version + "\n")
        #expect(try program.run(["--help"]).output == TrainerUsage.text)
    }

    /// Whose parent is not there any more has nobody to work for.
    @Test func itEndsWithItsParent() throws {
        #expect(try program.run(["--model", model, "--parent", "1"]).code == 1)
        // A shell starts it, says its number, and ends when it is told to; it waits for samples that never come.
        let (shell, orders, pid) = try waitingProgram(parent: "$$")
        #expect(ProcessReference.isThere(thread: pid))
        kill(shell.pid, SIGKILL)
        #expect(try shell.wait() == .killed(signal: SIGKILL))
        try waitUntil("it has gone") {
            !ProcessReference.isThere(thread: pid)
                || Self.field(3, of: pid) == "Z" ? () : nil
        }
        withExtendedLifetime(orders) {}
    }

    @Test func itMakesLittleOfItself() throws {
        let (shell, orders, pid) = try waitingProgram(parent: "$$")
        defer {
            kill(shell.pid, SIGKILL)
            _ = try? shell.wait()
        }
        // SCHED_IDLE is 5, SCHED_BATCH 3 where that is refused.
        try waitUntil("its priority is low") {
            ["5", "3"].contains(Self.field(41, of: pid)) ? () : nil
        }
        #expect(Self.field(19, of: pid) == "19")
        let limits = String(
            decoding: try FileContents.read("/proc/\(pid)/limits"), as: UTF8.self)
        let data = limits.split(separator: "\n").first { $0.hasPrefix("Max data size") }
        #expect(data?.contains("419430400") == true)
        #expect(try FileContents.read("/proc/\(pid)/oom_score_adj") == Array("1000\n".utf8))
        withExtendedLifetime(orders) {}
    }

    /// The program, started by a shell, before it has any samples.
    private func waitingProgram(
        parent: String
    ) throws -> (shell: ChildProcess, orders: Pipe, pid: Int32) {
        let fifo = folder.path + "/fifo"
        #expect(mkfifo(fifo, 0o600) == 0)
        // Whoever holds it for writing keeps its reader waiting.
        let script = """
            exec 3<>'\(fifo)'
            '\(program.path)' --model '\(model)' --samples '\(fifo)' --parent \(parent) >/dev/null &
            echo $! >'\(folder.path)/pid'
            read -r line
            """
        let orders = try Pipe()
        let shell = try ChildProcess(
            "/bin/sh", ["-c", script], descriptors: [orders.reading.rawValue, 1, 2])
        let path = folder.path + "/pid"
        let pid = try waitUntil("it has started") {
            Int32(String(decoding: try FileContents.read(path), as: UTF8.self).dropLast())
        }
        return (shell, orders, pid)
    }

    /// Of `/proc/PID/stat`, counted from 1 as proc(5) does.
    private static func field(_ number: Int, of pid: Int32) -> String? {
        guard let stat = try? FileContents.read("/proc/\(pid)/stat", bytesMax: 4096) else {
            return nil
        }
        let text = String(decoding: stat, as: UTF8.self)
        // The program's name is in brackets, and may hold anything.
        guard let bracket = text.lastIndex(of: ")") else { return nil }
        let fields = text[bracket...].split(separator: " ")
        return number - 2 < fields.count ? String(fields[number - 2]) : nil
    }
}
