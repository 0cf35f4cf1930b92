import Glibc
import Model
import Platform
import TestSupport
import Testing

@testable import Forest

/// With scripts in the trainer's place.
@Suite struct TrainerProcessTests {
    private let folder: TemporaryDirectory

    init() throws {
        folder = try TemporaryDirectory()
    }

    private func script(_ text: String) throws -> String {
        let path = try folder.file("trainer", "#!/bin/sh\n\(text)\n")
        _ = try ChildProcess.run("/bin/chmod", ["755", path])
        return path
    }

    private func run(
        _ program: String, deadline: Duration = .seconds(60),
        meanwhile: (TrainerProcess) throws -> Void = { _ in }
    ) throws -> TrainerOutcome {
        let trainer = TrainerProcess(program: program, deadline: deadline)
        let answer = ConditionMutex<TrainerOutcome?>(nil)
        let job = TrainerProcess.Job(
            samples: folder.path + "/samples", model: folder.path + "/model")
        let isStarted = trainer.start(job) { outcome in
            answer.withLock { slot, condition in
                slot = outcome
                condition.broadcast()
            }
        }
        #expect(isStarted)
        try meanwhile(trainer)
        let outcome = answer.wait(timeout: .seconds(60)) { slot, _ in slot }
        #expect(!trainer.isRunning)
        return try #require(outcome)
    }

    @Test func exitCodesAreToldApart() throws {
        #expect(try run(try script("exit 0")) == .trained)
        #expect(try run(try script("exit 3")) == .tooFew)
        #expect(
            try run(try script("echo 'no room' >&2; exit 1"))
                == .failed(code: 1, message: "no room\n"))
        #expect(try run(try script("exit 2")) == .failed(code: 2, message: ""))
        #expect(
            try run(try script("echo 'libxgboost.so.0: cannot open' >&2; exit 127"))
                == .missing(message: "libxgboost.so.0: cannot open\n"))
        #expect(
            try run(try script("kill -SEGV $$")) == .killed(signal: SIGSEGV, message: ""))
    }

    @Test func aProgramThatIsNotThereIsSaid() throws {
        guard case .missing = try run(folder.path + "/nothing") else {
            Issue.record("not missed")
            return
        }
        guard case .missing = try run(try folder.file("text", "no program")) else {
            Issue.record("not missed")
            return
        }
        #expect(TrainerProcess.locate(besides: folder.path + "/larder") == nil)
        let beside = try folder.file("larder-train")
        _ = try ChildProcess.run("/bin/chmod", ["755", beside])
        #expect(TrainerProcess.locate(besides: folder.path + "/larder") == beside)
    }

    @Test func whatHangsIsKilledAtTheDeadline() throws {
        let path = try script("echo $$ > \"$(dirname $0)/pid\"; exec sleep 600")
        #expect(try run(path, deadline: .milliseconds(300)) == .timedOut)
        #expect(try !isThere())
    }

    @Test func whatIsStoppedIsKilledAndNothingStartsThen() throws {
        let path = try script("echo $$ > \"$(dirname $0)/pid\"; exec sleep 600")
        let outcome = try run(path) { trainer in
            try waitUntil("the script runs") { (try? Int32(pid())) != nil }
            let job = TrainerProcess.Job(samples: "", model: "")
            // One at a time.
            #expect(!trainer.start(job) { _ in Issue.record("started twice") })
            #expect(trainer.isRunning)
            trainer.stop()
            #expect(!trainer.start(job) { _ in Issue.record("started after the stop") })
        }
        #expect(outcome == .stopped)
        #expect(try !isThere())
    }

    private func pid() throws -> Int32 {
        let text = String(
            decoding: try FileContents.read(folder.path + "/pid"), as: UTF8.self)
        return try #require(Int32(text.dropLast()))
    }

    /// Also a zombie would be there.
    private func isThere() throws -> Bool {
        ProcessReference.isThere(thread: try pid())
    }

    /// Neither much output, nor somebody who keeps the pipe open after the trainer has gone, keeps anybody waiting.
    @Test func outputIsBoundedAndNotWaitedFor() throws {
        let path = try script(
            "head -c 1000000 /dev/zero >&2; sleep 600 & echo $! > \"$(dirname $0)/pid\"; exit 1")
        guard case .failed(1, let message) = try run(path) else {
            Issue.record("not failed")
            return
        }
        #expect(message.utf8.count == 4096)
        kill(try pid(), SIGKILL)
    }
}
