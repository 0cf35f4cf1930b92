// Measures the history alone: `history-bench DIRECTORY [EVENTS]`.
//
// DIRECTORY is made and filled with EVENTS (1,000,000 unless said otherwise) as a household of a year would: 20,000 files in
// 500 folders, some far more popular than others (Zipf), two reads for each open. Figures are of one run; the page cache is
// warm unless it says cold.
import Glibc
import History
import Model
import Platform

let clock = SystemClock()

func fail(_ text: String) -> Never {
    print(text)
    exit(1)
}

func report(_ what: String, _ figure: String) {
    print(what.padded(to: 56) + figure)
}

extension String {
    func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(1, width - count))
    }
}

func milliseconds(_ duration: Duration) -> String {
    "\((duration.inSeconds * 100_000).rounded() / 100) ms"
}

/// What this thread has had of the processor: on a machine with other work, the time by the clock says more of that.
func processorTime() -> Duration {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
}

/// Of several calls, with other arguments each, the median and the longest; by the clock, and of the processor's time.
///
/// - Parameter body: returns whether it is to be called again.
func measure(_ what: String, times: Int = 20, _ body: (Int) throws -> Bool) rethrows {
    var took: [Duration] = []
    var worked: [Duration] = []
    var goesOn = true
    while goesOn, took.count < times {
        let start = (clock.monotonic, processorTime())
        goesOn = try body(took.count)
        worked.append(processorTime() - start.1)
        took.append(clock.monotonic - start.0)
    }
    took.sort()
    worked.sort()
    let last = took.count - 1
    report(
        what,
        "median \(milliseconds(took[last / 2])), longest \(milliseconds(took[last])); "
            + "processor \(milliseconds(worked[last / 2])), \(milliseconds(worked[last]))")
}

/// xorshift64*; the same events in each run.
struct Generator {
    private var state: UInt64 = 0x5EED
    private let files: [RelativePath]
    private var second: Int64 = 1_700_000_000

    init() {
        files = (0..<20_000).map { number in
            RelativePath([
                Name("Library"), Name("Folder of a series \(number / 40)"),
                Name("Episode \(number % 40) - the one with the long name.mkv"),
            ])
        }
    }

    private mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 0x2545_F491_4F6C_DD1D
    }

    /// Rank `n` with a probability of about 1/n: the exponential of an even number.
    mutating func file() -> RelativePath {
        let even = Double(next() >> 11) * 0x1p-53
        return files[min(files.count - 1, Int(exp(even * log(Double(files.count)))) - 1)]
    }

    mutating func events(_ count: Int) -> [HistoryEvent] {
        var events: [HistoryEvent] = []
        events.reserveCapacity(count + 2)
        while events.count < count {
            second += Int64(next() % 90)
            let path = file()
            let size = Int64(1 + next() % (4 << 30))
            let start = Int64(next() % UInt64(size))
            func event(_ action: HistoryEvent.Action, _ after: Int64) -> HistoryEvent {
                HistoryEvent(
                    action, path: path, program: "mpv", userID: 1000,
                    time: Timestamp(seconds: second + after))
            }
            events.append(event(.open(fileSize: size), 0))
            events.append(event(.read(0..<min(size, 1 << 20), fileSize: size), 1))
            events.append(event(.read(start..<size, fileSize: size), 2))
        }
        return events
    }
}

guard (2...3).contains(CommandLine.arguments.count),
    let count = CommandLine.arguments.count == 3 ? Int(CommandLine.arguments[2]) : 1_000_000
else { fail("usage: history-bench DIRECTORY [EVENTS]") }
let directory = CommandLine.arguments[1]
let logging = Log(sink: StandardErrorSink.lines)

func open() throws -> SQLiteHistory { try SQLiteHistory(directory: directory, log: logging) }

func fill(_ history: SQLiteHistory) throws {
    var generator = Generator()
    var done = 0
    var took = Duration.zero
    while done < count {
        let events = generator.events(5000)
        let start = clock.monotonic
        try history.append(events)
        took += clock.monotonic - start
        done += events.count
    }
    report("append, per event, 5000 at once", "\(took.inSeconds * 1e6 / Double(done)) us")
    report("events", "\(done)")
}

func dropPageCache() {
    sync()
    do throws(Errno) {
        let file = try FileCalls.open("/proc/sys/vm/drop_caches", .writeOnly)
        try FileContents.write(file.rawValue, Array("3".utf8))
    } catch {
        print("(page cache not dropped: not root)")
    }
}

func ask(_ history: SQLiteHistory) throws {
    var generator = Generator()
    let whole = Timestamp(seconds: 0)..<Timestamp(seconds: 4_000_000_000)
    try measure("use of a file") { _ in
        _ = try history.use(of: generator.file())
        return true
    }
    try measure("the last 1000 opens of a file") { _ in
        _ = try history.opens(of: generator.file(), limit: 1000)
        return true
    }
    try measure("the last 1000 reads of a file") { _ in
        _ = try history.reads(of: generator.file(), limit: 1000)
        return true
    }
    try measure("the 1000 most opened files") { _ in
        _ = try history.mostOpened(limit: 1000)
        return true
    }
    try measure("opens of a day") { number in
        let start = 1_700_000_000 + Int64(number) * 86_400 * 3
        _ = try history.opens(
            in: Timestamp(seconds: start)..<Timestamp(seconds: start + 86_400), after: nil,
            limit: 10_000)
        return true
    }
    var cursor: HistoryCursor?
    try measure("a page of 10,000 opens") { _ in
        cursor = try history.opens(in: whole, after: cursor, limit: 10_000).next
        return cursor != nil
    }
    report("on disk", "\(try history.allocatedBytes())")
}

func note(_ history: SQLiteHistory) throws {
    var generator = Generator()
    let patterns = try (0..<10).map { try ContentPattern("Private \($0)/**") }
    for (what, exclusions) in [
        ("", HistoryExclusions()), (", 10 patterns excluded", HistoryExclusions(patterns)),
    ] {
        let recorder = HistoryRecorder(store: history, exclusions: exclusions, log: logging)
        recorder.flush()
        let opens = generator.events(15_000).filter {
            if case .open = $0.action { true } else { false }
        }
        var start = clock.monotonic
        for event in opens { recorder.note(event) }
        report(
            "note of an open" + what,
            "\((clock.monotonic - start).inSeconds * 1e9 / Double(opens.count)) ns")
        let path = generator.file()
        let reads = (0..<100_000 as Range<Int64>).map { number in
            HistoryEvent(
                .read(number << 17..<(number + 1) << 17, fileSize: 1 << 40), path: path,
                program: "mpv", userID: 1000, time: Timestamp(seconds: 1_800_000_000))
        }
        start = clock.monotonic
        for event in reads { recorder.note(event, handle: OpenHandle(1)) }
        report(
            "note of a read that is joined" + what,
            "\((clock.monotonic - start).inSeconds * 1e9 / Double(reads.count)) ns")
        guard recorder.stop(patience: .seconds(60)), recorder.figures.dropped == 0 else {
            fail("not everything was written")
        }
    }
}

func shorten(_ history: SQLiteHistory) throws {
    try measure("a step of trimming", times: 200) { _ in
        try history.trim(before: Timestamp(seconds: 0), bytesMax: ByteCount.mebibytes(20))
    }
    let start = clock.monotonic
    let path = RelativePath([Name("Library"), Name("Folder of a series 3")])
    try history.forget(.below(path))
    report("forget a folder of 40 files", milliseconds(clock.monotonic - start))
}

do {
    let filled = try open()
    try fill(filled)
    filled.close()
    dropPageCache()
    var start = clock.monotonic
    let history = try open()
    report("open, cold", milliseconds(clock.monotonic - start))
    start = clock.monotonic
    try open().close()
    report("open, warm", milliseconds(clock.monotonic - start))
    start = clock.monotonic
    _ = try history.opens(
        of: RelativePath([
            Name("Library"), Name("Folder of a series 0"),
            Name("Episode 0 - the one with the long name.mkv"),
        ]), limit: 1000)
    report(
        "the last 1000 opens of the most popular file, cold", milliseconds(clock.monotonic - start))
    try ask(history)
    try note(history)
    try shorten(history)
} catch {
    fail("\(error)")
}
