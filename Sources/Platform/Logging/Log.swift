import Synchronization

/// Messages for the person who runs Larder, by level and within a rate.
///
/// A message says what, which path and what to do. Errors and warnings name the share, the view or the cache, but no
/// file inside the share: they are sent to others in bug reports. Names of files go into ``LogRecord/path``, from level
/// `info` down. Contents of files go nowhere. Any thread may log; how often one kind of message gets through, see
/// ``MessageLimiter``.
public final class Log: Sendable {
    public typealias Level = LogRecord.Level

    /// ``Level`` as a number: it may change while others write.
    private let levelNow: Atomic<Int>
    private let context: LogRecord.Context
    private let clock: any LarderClock
    private let limiter = Mutex(MessageLimiter())
    private let sink: @Sendable (LogRecord) -> Void

    /// - Parameter sink: takes what gets through; called on the thread that logs, so it must not wait for long.
    public init(
        levelMax: Level = .info, context: LogRecord.Context = LogRecord.Context(),
        clock: any LarderClock = SystemClock(), sink: @escaping @Sendable (LogRecord) -> Void
    ) {
        levelNow = Atomic(levelMax.rawValue)
        self.context = context
        self.clock = clock
        self.sink = sink
    }

    /// As plain lines.
    public convenience init(
        levelMax: Level = .info, clock: any LarderClock = SystemClock(),
        write: @escaping @Sendable (String) -> Void
    ) {
        self.init(levelMax: levelMax, clock: clock) { write($0.line) }
    }

    /// What is less important is not written; anybody may change it at any time.
    public var levelMax: Level {
        get { Level(rawValue: levelNow.load(ordering: .relaxed)) ?? .info }
        set { levelNow.store(newValue.rawValue, ordering: .relaxed) }
    }

    /// - Parameters:
    ///   - kind: what the message is about, without varying parts; the place in the source unless given.
    ///   - path: bytes of a path inside the view that the message is about; left out of errors and warnings.
    public func callAsFunction(
        _ level: Level, kind: String? = nil, path: [UInt8]? = nil,
        file: StaticString = #fileID, line: UInt = #line, _ message: @autoclosure () -> String
    ) {
        guard level <= levelMax else { return }
        let kind = kind ?? "\(file):\(line)"
        let now = clock.monotonic
        var text = message()
        let (verdict, others) = limiter.withLock { [text] limiter in
            let verdict = limiter.admit(kind, level, text, now: now)
            return (verdict, limiter.takeLeftOut(now: now))
        }
        tell(others)
        guard verdict.admitted else { return }
        if verdict.leftOut > 0 { text += " (\(verdict.leftOut) more like this were left out)" }
        sink(
            LogRecord(
                level: level, message: text, context: context, path: level >= .info ? path : nil))
    }

    /// Says what has been left out and not been told yet. At the end.
    public func flush() {
        tell(limiter.withLock { $0.takeLeftOut(now: clock.monotonic, all: true) })
    }

    private func tell(_ leftOut: [MessageLimiter.LeftOut]) {
        for kind in leftOut {
            sink(
                LogRecord(
                    level: kind.level,
                    message: "\(kind.count) more like this were left out: \(kind.text)",
                    context: context))
        }
    }
}
