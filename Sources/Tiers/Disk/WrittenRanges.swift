import Platform

/// What was written lately and still fills the page cache. The newest bytes are left alone (they are on their
/// way to the disk); older ones are clean by now, and their pages are dropped: the memory tier has them.
struct WrittenRanges {
    private var ranges: [(descriptor: DescriptorReference, range: Range<Int64>)] = []
    private var bytes: Int64 = 0

    /// Bytes that may wait.
    private static let bytesMax: Int64 = 16 << 20
    /// Ranges that may wait; each may keep a descriptor open.
    private static let countMax = 64

    mutating func note(_ descriptor: DescriptorReference, _ range: Range<Int64>) {
        FileCalls.startWriting(descriptor.rawValue, range)
        ranges.append((descriptor, range))
        bytes += Int64(range.count)
        var count = 0
        while count < ranges.count, bytes > Self.bytesMax || ranges.count - count > Self.countMax {
            bytes -= Int64(ranges[count].range.count)
            FileCalls.forgetPages(ranges[count].descriptor.rawValue, ranges[count].range)
            count += 1
        }
        ranges.removeFirst(count)
    }

    mutating func forgetAll() {
        for (descriptor, range) in ranges {
            FileCalls.forgetPages(descriptor.rawValue, range)
        }
        ranges = []
        bytes = 0
    }
}
