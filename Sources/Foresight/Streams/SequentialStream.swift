/// A run of reads that goes forward through a file, with a readahead window that doubles.
///
/// The window starts at one chunk (at least 1 MiB, so that one request already carries many round trips'
/// worth of bytes) and doubles each time the reader has used up half of what was fetched ahead of it. The
/// kernel swaps neighbouring requests now and then, so a read up to ``backwardTolerance`` behind the
/// expected position still belongs to the stream.
struct SequentialStream: Sendable {
    /// Out-of-order kernel reads lie within this distance (FIELD.md: 1 MiB, as mountpoint-s3 allows).
    static let backwardTolerance: Int64 = 1 << 20
    static let firstWindow: Int64 = 1 << 20

    /// Offset that the next read is expected at.
    private(set) var next: Int64
    /// Everything below was asked for, on demand or ahead.
    private(set) var fetchedUpTo: Int64
    /// Bytes to have ahead; 0 until the stream has proved itself.
    private(set) var window: Int64 = 0
    var stamp: UInt64

    init(startingWith range: Range<Int64>, stamp: UInt64) {
        next = range.upperBound
        fetchedUpTo = range.upperBound
        self.stamp = stamp
    }

    /// Whether a read continues this stream: slightly behind, at, or not further ahead than the window.
    func matches(_ range: Range<Int64>) -> Bool {
        range.lowerBound >= next - Self.backwardTolerance
            && range.lowerBound <= next + max(window, 128 << 10)
    }

    func distance(to range: Range<Int64>) -> Int64 { abs(range.lowerBound - next) }

    /// Takes a matching read in. - Returns: what to fetch now, inside the file.
    mutating func advance(_ event: ReadEvent, windowMax: Int64) -> Range<Int64>? {
        next = max(next, event.range.upperBound)
        fetchedUpTo = max(fetchedUpTo, next)
        if window == 0 {
            window = min(windowMax, max(Self.firstWindow, Int64(event.chunkSize)))
        } else if fetchedUpTo - next < window / 2 {
            window = min(windowMax, window * 2)
        } else {
            return nil
        }
        let chunk = Int64(event.chunkSize)
        // Whole chunks: the end of a request is the start of the next.
        let goal = min(event.fileSize, (next + window + chunk - 1) / chunk * chunk)
        guard goal > fetchedUpTo else { return nil }
        defer { fetchedUpTo = goal }
        return fetchedUpTo..<goal
    }
}
