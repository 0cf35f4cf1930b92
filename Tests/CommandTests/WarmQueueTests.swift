import Model
import Platform
import TestSupport
import Testing

@testable import larder

/// What `larder warm` fetches, in which order and how much at a time.
@Suite struct WarmQueueTests {
    private typealias Entry = WarmQueue.Entry

    private func entry(_ name: String, _ size: Int64, cached: Int64 = 0) -> Entry {
        Entry(path: Array(name.utf8), size: size, cached: cached)
    }

    /// Opens the next file, which has the size that was expected.
    private func open(_ queue: inout WarmQueue) -> Int? {
        guard case .open(let entry) = queue.next() else { return nil }
        return queue.opened(entry, size: entry.size)
    }

    @Test func whatIsCachedIsCountedAndNotFetched() {
        var queue = WarmQueue()
        queue.add(entry("whole", 100, cached: 100))
        queue.add(entry("empty", 0))
        queue.add(entry("part", 100, cached: 40))
        queue.noteComplete()
        #expect(!queue.hasEnded)
        let number = open(&queue)
        #expect(queue.next() == .read(number ?? 0, 0..<100))
        #expect(queue.next() == .wait)
        let isDone = queue.read(number ?? 0, 0..<100, count: 100, failure: nil)
        #expect(isDone)
        #expect(queue.next() == .end)
        let figures = queue.figures
        #expect(figures.found == 3 && figures.cachedFiles == 2 && figures.cachedBytes == 100)
        #expect(figures.files == 1 && figures.bytes == 100 && figures.fetchedBytes == 60)
        #expect(
            WarmText.summary(figures, seconds: 2)
                == "fetched 1 file, 60 B in 2 s (30 B/s); 2 files were cached already")
    }

    /// From the start to the end, several pieces at once, and no more than are allowed.
    @Test func aLargeFileIsReadInOrderByAll() {
        var queue = WarmQueue()
        let size = WarmQueue.pieceMax * 10 + 5
        queue.add(entry("large", size))
        queue.add(entry("next", 10))
        queue.noteComplete()
        let number = open(&queue) ?? 0
        var underWay: [Range<Int64>] = []
        var read: [Range<Int64>] = []
        loop: while true {
            switch queue.next() {
            case .read(number, let range):
                underWay.append(range)
                #expect(underWay.reduce(0) { $0 + Int64($1.count) } <= WarmQueue.bytesMax)
            case .wait:
                let range = underWay.removeFirst()
                read.append(range)
                let isDone = queue.read(number, range, count: range.count, failure: nil)
                #expect(isDone == (read.count == 11))
            case .open(let entry):
                #expect(entry.path == Array("next".utf8), "once all of the first is under way")
                break loop
            default: break loop
            }
        }
        #expect((read + underWay).map(\.lowerBound) == (0..<11).map { $0 * WarmQueue.pieceMax })
        #expect((read + underWay).last?.upperBound == size)
        #expect(underWay.count == 4 || underWay.count == 5)
    }

    @Test func aFileThatFailsIsNamedOnce() {
        var queue = WarmQueue()
        queue.add(entry("bad", WarmQueue.pieceMax * 3))
        queue.noteComplete()
        let number = open(&queue) ?? 0
        let pieces = (0..<3).map { _ in queue.next() }
        for case .read(_, let range) in pieces {
            _ = queue.read(number, range, count: 0, failure: "Input/output error")
        }
        #expect(queue.hasEnded)
        #expect(queue.figures.failed == 1 && queue.figures.files == 0)
        for index in 0..<50 { queue.fail(Array("\(index)".utf8), "no") }
        #expect(queue.failures.count == WarmQueue.failuresMax)
        let lines = WarmText.failures(queue.failures, of: queue.figures.failed)
        #expect(lines.first == "bad: Input/output error" && lines.last == "and 31 more")
    }

    @Test func aFileThatEndsSoonerIsDone() {
        var queue = WarmQueue()
        queue.add(entry("short", WarmQueue.pieceMax * 2))
        queue.noteComplete()
        let number = open(&queue) ?? 0
        let pieces = (0..<2).map { _ in queue.next() }
        #expect(pieces.count == 2)
        let (size, end) = (WarmQueue.pieceMax, 2 * WarmQueue.pieceMax)
        let isDoneAtFirst = queue.read(number, 0..<size, count: 7, failure: nil)
        let isDone = queue.read(number, size..<end, count: 0, failure: nil)
        #expect(!isDoneAtFirst && isDone)
        #expect(queue.hasEnded && queue.figures.files == 1)
        #expect(queue.figures.foundBytes == 7 && queue.figures.bytes == 7)
    }

    @Test func whatIsFoundWaitsWhileTooMuchDoes() {
        var queue = WarmQueue()
        for index in 0..<WarmQueue.waitingMax { queue.add(entry("\(index)", 1)) }
        #expect(queue.isFull)
        for _ in 0..<WarmQueue.filesMax { _ = open(&queue).map { _ in } }
        #expect(!queue.isFull)
        queue.stop()
        #expect(queue.next() == .end)
    }

    @Test func theProgressFitsTheTerminal() {
        var figures = WarmQueue.Figures()
        figures.found = 1200
        figures.foundBytes = 4 << 30
        figures.bytes = 1 << 30
        let early = WarmText.progress(figures, rate: 100e6, name: "/v/a", columns: 100)
        #expect(early == "1.00 GiB, 95.4 MiB/s; 1,200 files found so far  /v/a")
        figures.isComplete = true
        let late = WarmText.progress(figures, rate: 100e6, name: "/v/a", columns: 100)
        #expect(
            late
                == "[=====               ] 25 %  1.00 GiB of 4.00 GiB, 95.4 MiB/s, 32 s left  /v/a")
        for columns in [1, 20, 60, 80] {
            #expect(
                WarmText.progress(figures, rate: 1, name: "/view/\u{1B}name", columns: columns)
                    .columns <= columns)
        }
    }

    @Test func pathsComeFromAList() throws {
        let place = try TemporaryDirectory()
        let file = "\(place.path)/list"
        let long = [UInt8](repeating: 0x61, count: 40_000)
        let lines: [[UInt8]] = [Array("a b".utf8), [], [0xFF, 0x20], long, Array("end".utf8)]
        for separator: UInt8 in [0x0A, 0] {
            let opened = try FileCalls.open(file, [.writeOnly, .create, .truncate], mode: 0o600)
            try FileContents.write(
                opened.rawValue, Array(lines.joined(separator: [separator])))
            var list = try PathList(file, isNul: separator == 0)
            var found: [[UInt8]] = []
            while let path = try list.next() { found.append(path) }
            #expect(found == lines.filter { !$0.isEmpty })
        }
    }
}
