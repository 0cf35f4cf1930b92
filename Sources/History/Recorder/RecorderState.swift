import Model

/// What waits to be written, what is being joined, and the last hour. A pure value under the recorder's lock.
struct RecorderState: Sendable {
    /// Records that wait, those being written included, and their memory.
    static let countMax = 16_384
    static let bytesMax = 8 << 20

    private(set) var queue: [HistoryEvent] = []
    /// Taken by the writer, not in the store yet.
    private(set) var unsettled: [HistoryEvent] = []
    private var bytes = 0
    private var joiner = ReadJoiner()
    private var window = PatternWindow()
    var exclusions = HistoryExclusions()
    /// The store may still have what is excluded now.
    var mustForgetExcluded = false
    private(set) var figures = RecorderFigures()

    /// The writer has the store for itself.
    var isWriting = false
    var isFailing = false
    var flushAsked: UInt64 = 0
    var flushDone: UInt64 = 0
    var isStopping = false
    var hasEnded = false

    var hasWork: Bool { !queue.isEmpty || !unsettled.isEmpty || !joiner.isEmpty }

    var isHalfFull: Bool { queue.count >= Self.countMax / 2 || bytes >= Self.bytesMax / 2 }

    /// Whether the writer has something to do without waiting for more.
    var isUrgent: Bool {
        isStopping || flushAsked > flushDone || (isHalfFull && !isFailing)
    }

    /// Whether an event may be kept; counts those that may not.
    mutating func admits(_ event: HistoryEvent) -> Bool {
        guard exclusions.contain(event) else { return true }
        figures.excluded += 1
        return false
    }

    /// - Returns: whether the writer is to be woken.
    mutating func note(_ event: HistoryEvent, handle: OpenHandle?, now: Duration) -> Bool {
        let hadWork = hasWork
        let wasHalfFull = isHalfFull
        figures.noted += 1
        switch event.action {
        case .open:
            window.add(event, now: now)
            enqueue(event)
        case .list: enqueue(event)
        case .read(let range, let fileSize):
            guard !range.isEmpty else { return false }
            guard let handle else {
                enqueue(event)
                break
            }
            let finished = joiner.add(event, range, fileSize: fileSize, handle: handle, now: now)
            if let finished { enqueue(finished) }
        }
        return !hadWork || (!wasHalfFull && isHalfFull)
    }

    mutating func close(_ handle: OpenHandle) {
        for event in joiner.close(handle) { enqueue(event) }
    }

    private mutating func enqueue(_ event: HistoryEvent) {
        let size = event.memoryBytes
        guard queue.count + unsettled.count < Self.countMax, bytes + size <= Self.bytesMax else {
            figures.dropped += 1
            return
        }
        bytes += size
        queue.append(event)
        figures.waiting += 1
    }

    /// What is to be written now.
    ///
    /// - Parameter all: runs of reads that may go on, too.
    mutating func take(all: Bool, now: Duration) -> [HistoryEvent] {
        for event in all ? joiner.takeAll() : joiner.takeFinished(now: now) { enqueue(event) }
        unsettled += queue
        queue = []
        return unsettled
    }

    mutating func settle(_ failure: HistoryError?, attempted: Bool) {
        guard attempted else { return }
        figures.trouble = failure
        isFailing = failure != nil
        guard failure == nil else {
            figures.failures += 1
            return
        }
        figures.written += unsettled.count
        unsettled = []
        count()
    }

    /// Takes what is selected out of all that is in memory.
    mutating func forget(_ selection: HistorySelection) {
        queue.removeAll { selection.contains($0) }
        unsettled.removeAll { selection.contains($0) }
        joiner.remove { selection.contains($0) }
        window.remove { selection.contains($0) }
        count()
    }

    private mutating func count() {
        figures.waiting = queue.count + unsettled.count
        bytes = 0
        for event in queue { bytes += event.memoryBytes }
        for event in unsettled { bytes += event.memoryBytes }
    }

    func recentOpens(now: Duration) -> (opens: [HistoryEvent], reachesBack: Duration) {
        (window.opens(now: now), window.reachesBack(now: now))
    }
}
