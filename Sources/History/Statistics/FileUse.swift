public import Model

/// What was done with one file since it became known.
public struct FileUse: Hashable, Sendable {
    public var path: RelativePath
    public internal(set) var opens = 0
    /// nil when it was read and never opened, as far as is known.
    public internal(set) var firstOpen: Timestamp?
    /// Of the open that came last, by the clock of then.
    public internal(set) var lastOpen: Timestamp?
    /// Seconds between an open and the next. A clock that was set back gives no interval.
    public internal(set) var intervals = RunningStatistics()
    /// Bytes that were asked for, again and again.
    public internal(set) var bytesRead: Int64 = 0
    /// End of the furthest byte that was ever read.
    public internal(set) var furthestByte: Int64 = 0
    /// Bytes at the file's start that a session reads without a gap, over the sessions in which anything was read.
    public internal(set) var headBytes = RunningStatistics()
    /// Sessions that touched every part of the file, of those in ``headBytes``.
    public internal(set) var wholeSessions = 0
    public internal(set) var parts = ReadParts()
    /// Bytes; nil where it was never known.
    public internal(set) var lastSize: Int64?

    /// The session that goes on: not part of the figures above before the next open ends it.
    var session = ReadSession()

    public init(path: RelativePath) {
        self.path = path
    }

    /// Share of the sessions in which all of the file was read, 0…1; nil before one has ended.
    public var wholeShare: Double? {
        headBytes.count == 0 ? nil : Double(wholeSessions) / Double(headBytes.count)
    }
}

extension FileUse {
    /// Adds one event. What is listed has no statistics.
    mutating func add(_ event: HistoryEvent) {
        switch event.action {
        case .open(let fileSize):
            endSession()
            let time = EventKey.kept(event.time)
            if let lastOpen, lastOpen <= time { intervals.add(time.seconds(since: lastOpen)) }
            opens += 1
            firstOpen = min(firstOpen ?? time, time)
            lastOpen = time
            lastSize = fileSize.map { max(0, $0) } ?? lastSize
        case .read(let range, let fileSize):
            lastSize = fileSize.map { max(0, $0) } ?? lastSize
            let range = range.clamped(to: 0..<Int64.max)
            guard !range.isEmpty else { return }
            let (sum, isTooMuch) = bytesRead.addingReportingOverflow(Int64(range.count))
            bytesRead = isTooMuch ? .max : sum
            furthestByte = max(furthestByte, range.upperBound)
            session.add(range, fileSize: lastSize)
        case .list: break
        }
    }

    private mutating func endSession() {
        guard session.hasReads else { return }
        headBytes.add(Double(session.headEnd))
        if session.parts == .max { wholeSessions += 1 }
        parts.add(session: session.parts)
        session = ReadSession()
    }
}
