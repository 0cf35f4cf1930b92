import Model
import TestSupport
import Testing

@testable import History

/// Generated operations on a history and on a list of everything that was ever told; both must answer the same.
@Suite struct HistoryModelTests {
    @Test func answersAsAListOfAllEventsDoes() throws {
        let seed = TestRun.seed
        var run = try Run(seed: seed)
        for _ in 0..<TestRun.scaled(400) { try run.step() }
        try run.checkAll()
    }

    private struct Run {
        var random: SplitMix
        var operations: OperationHistory
        let fixture: HistoryFixture
        var history: SQLiteHistory
        /// In the order in which they were told.
        var events: [HistoryEvent] = []
        var second: Int64 = 1000

        init(seed: UInt64) throws {
            random = SplitMix(seed: seed)
            operations = OperationHistory(seed: seed)
            fixture = try HistoryFixture()
            history = try fixture.open()
        }

        private mutating func number(below bound: Int) -> Int {
            Int(random.next() % UInt64(bound))
        }

        private mutating func name() -> String {
            let folder = ["", "Films/", "Films/Old/", "Private/"][number(below: 4)]
            return folder + "file \(number(below: 4))"
        }

        private mutating func event() -> HistoryEvent {
            // Mostly forward, often in the same second, at times back.
            second += [0, 0, 1, 1, 7, 300, 86_400, -50][number(below: 8)]
            let size: Int64? = [nil, 0, 1, 1000, 5_000_000_000][number(below: 5)]
            let start = Int64(number(below: 1200))
            switch number(below: 5) {
            case 0: return listed(["", "Films", "Private"][number(below: 3)], at: second)
            case 1, 2: return opened(name(), at: second, size: size)
            default:
                let length = Int64(number(below: 700))
                return read(name(), start..<start + length, at: second, size: size)
            }
        }

        mutating func step() throws {
            switch number(below: 40) {
            case 0:
                operations.add(event: "reopen")
                history.close()
                history = try fixture.open()
            case 1:
                let folder = ["Films", "Films/Old", "Private", "file 1", "Films/file 2"][
                    number(below: 5)]
                operations.add(event: "forget \(folder)")
                try history.forget(.below(path(folder)))
                events.removeAll { $0.path.components.starts(with: path(folder).components) }
            case 2..<10: try check(name())
            default:
                let batch = (0..<1 + number(below: 6)).map { _ in event() }
                operations.add(
                    "append \(batch.map { "\($0.action) \($0.path) \($0.time.seconds)" })")
                try history.append(batch)
                events += batch
            }
        }

        mutating func checkAll() throws {
            for folder in ["", "Films/", "Films/Old/", "Private/"] {
                for number in 0..<4 { try check(folder + "file \(number)") }
            }
            // The order of those of the same moment is that in which they were told.
            let opens = events.filter { if case .open = $0.action { true } else { false } }
            let sorted = opens.enumerated().sorted {
                ($0.element.time, $0.offset) < ($1.element.time, $1.offset)
            }
            var found: [HistoryEvent] = []
            var cursor: HistoryCursor?
            repeat {
                let page = try history.opens(
                    in: moment(-1_000_000)..<moment(1_000_000_000), after: cursor, limit: 37)
                found += page.opens
                cursor = page.next
            } while cursor != nil
            #expect(found == sorted.map(\.element), "\(operations.text)")
        }

        func check(_ name: String) throws {
            let mine = events.filter { $0.path == path(name) && $0.action != .list }
            let opens = mine.filter { if case .open = $0.action { true } else { false } }
            let reads = mine.filter { event in
                if case .read(let range, _) = event.action { !range.isEmpty } else { false }
            }
            let use = try history.use(of: path(name))
            guard !opens.isEmpty || !reads.isEmpty else {
                #expect(use == nil, "\(name): \(operations.text)")
                return
            }
            let found = try #require(use, "\(name): \(operations.text)")
            #expect(found.opens == opens.count, "\(name): \(operations.text)")
            #expect(found.firstOpen == opens.map(\.time).min(), "\(name): \(operations.text)")
            #expect(found.lastOpen == opens.last?.time, "\(name): \(operations.text)")
            let times = opens.map { Double($0.time.seconds) }
            let intervals = zip(times.dropFirst(), times).map { $0 - $1 }.filter { $0 >= 0 }
            check(found.intervals, intervals, name)
            let ranges = reads.compactMap { event -> Range<Int64>? in
                if case .read(let range, _) = event.action { range } else { nil }
            }
            #expect(
                found.bytesRead == ranges.reduce(0) { $0 + Int64($1.count) },
                "\(name): \(operations.text)")
            #expect(
                found.furthestByte == ranges.map(\.upperBound).max() ?? 0,
                "\(name): \(operations.text)")
            check(found.headBytes, heads(mine), name)
            #expect(
                Set(try history.reads(of: path(name), limit: .max)) == Set(reads),
                "\(name): \(operations.text)")
        }

        /// Two passes, as the textbook has it.
        private func check(_ found: RunningStatistics, _ numbers: [Double], _ name: String) {
            #expect(found.count == numbers.count, "\(name): \(operations.text)")
            guard !numbers.isEmpty else { return }
            let mean = numbers.reduce(0, +) / Double(numbers.count)
            #expect(abs(found.mean - mean) <= 1e-9 * max(1, mean), "\(name): \(operations.text)")
            guard numbers.count > 1 else { return }
            let squares = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            let deviation = (squares / Double(numbers.count - 1)).squareRoot()
            #expect(
                abs((found.standardDeviation ?? -1) - deviation) <= 1e-6 * max(1, deviation),
                "\(name): \(operations.text)")
        }

        /// Bytes at the start of each session that has ended and in which something was read.
        private func heads(_ events: [HistoryEvent]) -> [Double] {
            var heads: [Double] = []
            var head: Int64?
            for event in events {
                switch event.action {
                case .open:
                    if let head { heads.append(Double(head)) }
                    head = nil
                case .read(let range, _) where !range.isEmpty:
                    let before = head ?? 0
                    head = range.lowerBound <= before ? max(before, range.upperBound) : before
                case .read, .list: break
                }
            }
            return heads
        }
    }
}
