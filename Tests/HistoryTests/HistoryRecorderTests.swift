import Model
import Platform
import Synchronization
import TestSupport
import Testing

@testable import History

/// What the filesystem calls: it takes no time, loses nothing while the store works, and is bounded while it does not.
@Suite struct HistoryRecorderTests {
    private let fixture: HistoryFixture
    private let history: SQLiteHistory

    init() throws {
        fixture = try HistoryFixture()
        history = try fixture.open()
    }

    private func recorder(
        _ store: (any HistoryStore)? = nil, bounds: HistoryBounds = HistoryBounds(),
        exclude patterns: [String] = []
    ) throws -> HistoryRecorder {
        HistoryRecorder(
            store: store ?? history, bounds: bounds,
            exclusions: HistoryExclusions(
                try patterns.map { text throws in try ContentPattern(text) }),
            clock: fixture.clock, log: fixture.log)
    }

    @Test func whatIsNotedIsStored() throws {
        let recorder = try recorder()
        recorder.note(opened("film", at: 0))
        for number in 0..<100 as Range<Int64> {
            recorder.note(
                read("film", number * 10..<number * 10 + 10, at: 1), handle: OpenHandle(7))
        }
        recorder.closed(OpenHandle(7))
        recorder.note(read("film", 5..<9, at: 2))
        recorder.note(listed("Folder", at: 3))
        recorder.flush()
        #expect(try history.use(of: path("film"))?.opens == 1)
        #expect(
            try history.reads(of: path("film"), limit: 10) == [
                read("film", 5..<9, at: 2), read("film", 0..<1000, at: 1),
            ])
        #expect(recorder.figures.noted == 103)
        #expect(recorder.figures.written == 4)
        #expect(recorder.recentOpens().opens == [opened("film", at: 0)])
        #expect(recorder.stop(patience: .seconds(20)))
    }

    @Test func stoppingWritesWhatWaits() throws {
        let recorder = try recorder()
        for number in 0..<500 { recorder.note(opened("file \(number)", at: 0)) }
        recorder.note(read("file 0", 0..<10, at: 1), handle: OpenHandle(1))
        #expect(recorder.stop(patience: .seconds(20)))
        #expect(try history.mostOpened(limit: 1000).count == 500)
        #expect(try history.use(of: path("file 0"))?.bytesRead == 10)
    }

    @Test func aStoreThatFailsIsTriedAgainAndNothingGrows() throws {
        let faulty = FaultyStore(history)
        let recorder = try recorder(faulty)
        faulty.failure = .full
        let count = RecorderState.countMax
        for number in 0..<count + 100 {
            recorder.note(opened("film \(number % 100)", at: Int64(number)))
        }
        recorder.flush()
        #expect(recorder.figures.dropped == 100)
        #expect(recorder.figures.waiting == count)
        #expect(recorder.figures.failures > 0)
        #expect(recorder.figures.trouble == .full)
        #expect(fixture.logged.contains { $0.contains("no room for the history") })
        // No name of a file is told.
        #expect(!fixture.logged.contains { $0.contains("film") })
        #expect(!recorder.stop(patience: .seconds(20)))
    }

    @Test func whatWaitedIsWrittenOnceTheStoreWorks() throws {
        let faulty = FaultyStore(history)
        faulty.failure = .failed(reason: "the disk is gone")
        let recorder = try recorder(faulty)
        for number in 0..<50 { recorder.note(opened("file \(number)", at: Int64(number))) }
        recorder.flush()
        #expect(recorder.figures.waiting == 50)
        faulty.failure = nil
        recorder.flush()
        #expect(recorder.figures.waiting == 0)
        #expect(recorder.figures.trouble == nil)
        #expect(try history.mostOpened(limit: 100).count == 50)
        #expect(recorder.stop(patience: .seconds(20)))
    }

    @Test func aStoreThatHangsHoldsNobodyUp() throws {
        let faulty = FaultyStore(history)
        let gate = Gate()
        faulty.gate = gate
        let recorder = try recorder(faulty)
        recorder.note(opened("first", at: 0))
        gate.waitFor(1)
        // The store hangs in the middle of the first batch.
        for number in 0..<RecorderState.countMax + 10 {
            recorder.note(opened("file \(number % 10)", at: Int64(number)))
        }
        #expect(recorder.figures.dropped == 11)
        gate.open()
        #expect(recorder.stop(patience: .seconds(60)))
        #expect(try history.use(of: path("first"))?.opens == 1)
    }

    @Test func excludedFilesAreNowhere() throws {
        try history.append([opened("Private/before.txt", at: 0), opened("b", at: 0)])
        let recorder = try recorder(exclude: ["Private/**", "*.gpg"])
        recorder.note(opened("Private/during.txt", at: 1))
        recorder.note(opened("key.gpg", at: 1))
        recorder.note(listed("Private", at: 1))
        recorder.note(read("Private/during.txt", 0..<10, at: 1), handle: OpenHandle(1))
        recorder.note(opened("film", at: 1))
        recorder.flush()
        #expect(recorder.figures.excluded == 4)
        #expect(recorder.recentOpens().opens.map(\.path) == [path("film")])
        let bytes = try fixture.allBytes()
        // What was there from before is gone, too.
        for word in ["Private", "before.txt", "during.txt", "key.gpg"] {
            #expect(!bytes.contains(Array(word.utf8)), "\(word)")
        }
        #expect(try history.use(of: path("b"))?.opens == 1)
        #expect(!fixture.logged.contains { $0.contains("during") })

        // Another pattern, while it runs.
        recorder.note(opened("Diary/monday", at: 2))
        recorder.note(read("Diary/monday", 0..<10, at: 2), handle: OpenHandle(2))
        recorder.flush()
        recorder.note(opened("Diary/tuesday", at: 3))
        try recorder.setExclusions(HistoryExclusions([try ContentPattern("Diary/**")]))
        recorder.note(opened("Diary/wednesday", at: 4))
        recorder.note(opened("Private/after", at: 4))
        recorder.flush()
        #expect(!(try fixture.allBytes().contains(Array("Diary".utf8))))
        #expect(try history.use(of: path("Private/after"))?.opens == 1)
        #expect(
            recorder.recentOpens().opens.map(\.path) == [path("film"), path("Private/after")])
        #expect(recorder.stop(patience: .seconds(20)))
    }

    @Test func whatIsForgottenDoesNotComeBack() throws {
        let faulty = FaultyStore(history)
        let recorder = try recorder(faulty)
        recorder.note(opened("Secret/a", at: 0))
        recorder.flush()
        // One waits after a failure, one is queued, one is a read that may go on.
        faulty.failure = .full
        recorder.note(opened("Secret/b", at: 1))
        recorder.flush()
        recorder.note(opened("Secret/c", at: 2))
        recorder.note(read("Secret/d", 0..<10, at: 2), handle: OpenHandle(4))
        recorder.note(opened("film", at: 2))
        try recorder.forget(.below(path("Secret")))
        faulty.failure = nil
        recorder.flush()
        #expect(!(try fixture.allBytes().contains(Array("Secret".utf8))))
        #expect(recorder.recentOpens().opens.map(\.path) == [path("film")])
        #expect(try history.use(of: path("film"))?.opens == 1)
        #expect(recorder.stop(patience: .seconds(20)))
    }

    /// Forgetting waits for a batch that is on its way: it would bring back what is forgotten.
    @Test func aBatchOnItsWayBringsNothingBack() throws {
        let faulty = FaultyStore(history)
        let gate = Gate()
        faulty.gate = gate
        let recorder = try recorder(faulty)
        recorder.note(opened("Secret/a", at: 0))
        gate.waitFor(1)
        let isDone = ConditionMutex(false)
        startThread(name: "forgetting") {
            _ = try? recorder.forget(.below(path("Secret")))
            isDone.withLock { done, condition in
                done = true
                condition.broadcast()
            }
        }
        #expect(isDone.wait(timeout: .milliseconds(200)) { done, _ in done ? () : nil } == nil)
        gate.open()
        isDone.wait { done, _ in done ? () : nil }
        #expect(recorder.stop(patience: .seconds(20)))
        #expect(try history.use(of: path("Secret/a")) == nil)
        #expect(!(try fixture.allBytes().contains(Array("Secret".utf8))))
    }

    @Test func theBoundsAreKeptInTheBackground() throws {
        let recorder = try recorder(
            bounds: HistoryBounds(ageMax: .seconds(1000), bytesMax: .gibibytes(1)))
        for second in 0..<200 { recorder.note(opened("file \(second)", at: Int64(second))) }
        recorder.flush()
        // 1100 s later what is older than 1000 s is of the first 100 s.
        fixture.clock.advance(by: .seconds(1100))
        recorder.flush()
        try waitUntil("the bounds are kept") {
            recorder.flush()
            return try history.mostOpened(limit: 1000).count == 100
        }
        #expect(try history.use(of: path("file 99")) == nil)
        #expect(try history.use(of: path("file 100"))?.opens == 1)
        #expect(recorder.stop(patience: .seconds(20)))
    }

    /// 1, 2, 4 … 256, then 300 s.
    @Test func pausesGrow() {
        var pause = RetryPause()
        var now = Duration.zero
        var lengths: [Duration] = []
        for _ in 0..<11 {
            #expect(pause.mayTry(now: now))
            pause.failed(now: now)
            #expect(!pause.mayTry(now: now))
            lengths.append((pause.until ?? now) - now)
            now = pause.until ?? now
        }
        #expect(lengths == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300].map { .seconds($0) })
        pause.succeeded()
        pause.failed(now: now)
        #expect(pause.until == now + .seconds(1))
    }

    @Test func theWindowIsAnHourAndBounded() {
        var window = PatternWindow()
        for minute in 0..<90 as Range<Int64> {
            window.add(opened("file \(minute)", at: minute * 60), now: .seconds(minute * 60))
        }
        // At 89:00 what was at 29:00 is an hour old.
        let opens = window.opens(now: .seconds(89 * 60))
        #expect(opens.map(\.path) == (30..<90).map { path("file \($0)") })
        #expect(window.opens(now: .seconds(100 * 60)).count == 49)
        #expect(window.reachesBack(now: .seconds(100 * 60)) == .seconds(3600))
        for number in 0..<PatternWindow.countMax + 5 {
            window.add(opened("many", at: Int64(number)), now: .seconds(6000 + number / 1000))
        }
        let many = window.opens(now: .seconds(6010))
        #expect(many.count == PatternWindow.countMax)
        #expect(many.first?.time == moment(5))
        #expect(window.reachesBack(now: .seconds(6010)) == .seconds(10))
        window.remove { _ in true }
        #expect(window.opens(now: .seconds(6010)).isEmpty)
    }
}
