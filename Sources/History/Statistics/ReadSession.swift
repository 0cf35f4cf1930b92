/// What was read of a file since it was last opened.
struct ReadSession: Hashable, Sendable {
    /// Bytes from the file's start without a gap. Reads that come in another order than the file's may leave some out.
    var headEnd: Int64 = 0
    /// Sixteenths that were touched (``ReadParts``).
    var parts: UInt16 = 0
    var hasReads = false

    mutating func add(_ range: Range<Int64>, fileSize: Int64?) {
        hasReads = true
        if range.lowerBound <= headEnd { headEnd = max(headEnd, range.upperBound) }
        if let fileSize { parts |= ReadParts.mask(of: range, fileSize: fileSize) }
    }
}
