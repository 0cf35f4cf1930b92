import Glibc
import Model
import Synchronization
import Testing

@testable import Platform

@Suite struct LogTests {
    private let clock = ManualClock()
    private let records = Mutexed<[LogRecord]>([])

    private func log(_ level: Log.Level = .info) -> Log {
        Log(
            levelMax: level, context: LogRecord.Context(view: "/media/nas", share: "/mnt/nas"),
            clock: clock
        ) { [records] record in records.withLock { $0.append(record) } }
    }

    private var messages: [String] { records.withLock { $0.map(\.message) } }

    @Test func moreDetailedLevelsAreLeftOutAndTheLevelCanChange() {
        let log = log(.warning)
        for level in Log.Level.allCases { log(level, "\(level)") }
        #expect(messages == ["error", "warning"])
        log.levelMax = .debug
        log(.debug, "now")
        #expect(messages.last == "now")
    }

    @Test func whatRepeatsIsLetThroughAtARateAndCounted() {
        let log = log()
        func complain() { log(.warning, kind: "share", "the share is away") }
        for _ in 0..<1000 { complain() }
        #expect(messages.count == 5)
        // One more per minute, whatever happens.
        clock.advance(by: .seconds(59))
        complain()
        #expect(messages.count == 5)
        clock.advance(by: .seconds(1))
        complain()
        #expect(messages.count == 6)
        #expect(messages.last == "the share is away (996 more like this were left out)")
        // A day of it, twice a second: 5 at most to begin with, and one a minute.
        let before = messages.count
        for _ in 0..<2 * 86_400 {
            clock.advance(by: .milliseconds(500))
            complain()
        }
        #expect(messages.count - before == 1440)
        // After five quiet minutes it may say five things again.
        clock.advance(by: .seconds(3600))
        let later = messages.count
        for _ in 0..<100 { complain() }
        #expect(messages.count - later == 5)
    }

    @Test func oneKindDoesNotSilenceAnother() {
        let log = log()
        for _ in 0..<100 { log(.warning, kind: "a", "a") }
        log(.warning, kind: "b", "b")
        #expect(messages.last == "b")
        // Without a name, the place in the source is the kind.
        for number in 0..<100 { log(.info, "\(number)") }
        log(.info, "here")
        #expect(messages.suffix(2) == ["4", "here"])
    }

    @Test func whatWasLeftOutIsToldThoughTheKindIsSilentNow() {
        let log = log()
        for _ in 0..<12 { log(.warning, kind: "a", "a is bad") }
        log(.info, kind: "b", "b")
        #expect(messages.last == "b", "too early")
        clock.advance(by: .seconds(61))
        log(.info, kind: "b", "b again")
        #expect(messages.suffix(2) == ["7 more like this were left out: a is bad", "b again"])
        #expect(records.withLock { $0[$0.count - 2].level } == .warning)
        for _ in 0..<9 { log(.error, kind: "c", "c is bad") }
        log.flush()
        #expect(messages.last == "4 more like this were left out: c is bad")
        let count = messages.count
        log.flush()
        #expect(messages.count == count, "told once")
    }

    @Test func theTableOfKindsIsBounded() {
        var limiter = MessageLimiter()
        for round in 0..<3 {
            for number in 0..<10_000 {
                let admitted = limiter.admit("\(round) \(number)", .info, "", now: .seconds(round))
                #expect(admitted.admitted)
            }
        }
        #expect(limiter.kinds == MessageLimiter.kindsMax)
    }

    @Test func namesOfFilesAreInNoErrorAndNoWarning() {
        let log = log(.debug)
        for level in Log.Level.allCases { log(level, path: Array("diary.txt".utf8), "m") }
        let lines = records.withLock { $0.map(\.line) }
        #expect(
            lines == [
                "larder: error: m", "larder: warning: m", "larder: info: m: diary.txt",
                "larder: debug: m: diary.txt",
            ])
    }

    @Test func aLineStaysOneLine() {
        let record = LogRecord(
            level: .info, message: "a\nb\u{1b}[2Jc", path: Array("x\r\u{7f}".utf8))
        #expect(record.line == "larder: info: a\\x0ab\\x1b[2Jc: x\\x0d\\x7f")
    }

    // MARK: The journal

    @Test func theJournalGetsFields() {
        let record = LogRecord(
            level: .warning, message: "two\nlines",
            context: LogRecord.Context(view: "/media/nas", share: "/mnt/nas"))
        #expect(
            Journal.fields(of: record).map { String(decoding: $0, as: UTF8.self) } == [
                "MESSAGE=two\nlines", "PRIORITY=4", "SYSLOG_IDENTIFIER=larder",
                "LARDER_VIEW=/media/nas", "LARDER_SHARE=/mnt/nas",
            ])
        let named = LogRecord(level: .debug, message: "m", path: [0x61, 0xff])
        #expect(Journal.fields(of: named).last == Array("LARDER_PATH=a".utf8) + [0xff])
        #expect(Log.Level.allCases.map(\.priority) == [3, 4, 6, 7])
    }

    @Test func onlyADescriptorOfTheJournalCounts() throws {
        let pipe = try Pipe()
        let own = try FileCalls.attributes(of: pipe.reading.rawValue)
        let descriptor = pipe.reading.rawValue
        #expect(Journal.isConnected(descriptor, stream: "\(own.device):\(own.inode)"))
        #expect(!Journal.isConnected(descriptor, stream: "\(own.device):\(own.inode + 1)"))
        #expect(!Journal.isConnected(descriptor, stream: nil))
        for bad in ["", ":", "1", "a:b", "\(own.device):\(own.inode):1", "-1:2"] {
            #expect(!Journal.isConnected(descriptor, stream: bad))
        }
        withExtendedLifetime(pipe) {}
    }
}
