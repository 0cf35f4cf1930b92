import Foresight
import Model

/// Who has a file open, and what of it he has read, as far as the history is to know it.
struct OpenReader: Sendable {
    /// Runs of reads that are kept of one open: one who jumps about more than this is not described better by more.
    static let runsMax = 64

    var reader: Reader
    /// By which it was opened; nil where nothing of it is kept.
    var path: RelativePath?
    /// Bytes, as it was opened.
    var size = Int64.max
    /// The reads that go on, as one; not told yet.
    private(set) var run: Range<Int64>?
    private var runs = 0

    init(_ reader: Reader, path: RelativePath?) {
        self.reader = reader
        self.path = path
    }

    /// - Parameter range: as the kernel asked for it, in whole pages.
    /// - Returns: the run that ends, for this read is not part of it.
    mutating func join(_ range: Range<Int64>) -> Range<Int64>? {
        guard path != nil, runs <= Self.runsMax else { return nil }
        let read = range.clamped(to: 0..<max(range.lowerBound, size))
        guard !read.isEmpty else { return nil }
        guard let before = run else {
            run = read
            return nil
        }
        guard before.lowerBound <= read.lowerBound, read.lowerBound <= before.upperBound else {
            run = read
            runs += 1
            return before
        }
        if read.upperBound > before.upperBound { run = before.lowerBound..<read.upperBound }
        return nil
    }
}
