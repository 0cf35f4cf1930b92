/// One read of the page model: a recorded read, or the part of one that is at most 1 MiB long.
struct PageRequest: Sendable {
    /// Bytes; longer reads are split.
    static let lengthMax: Int64 = 1 << 20

    var file: Int
    /// Bytes in the file.
    var range: Range<Int64>
    /// Bytes in the file as far as anybody knows: its last recorded byte plus one.
    var fileSize: Int64
    /// Nanoseconds.
    var at: Int64

    var pages: Range<Int> {
        let first = Int(range.lowerBound / PageCache.pageSize)
        let last = Int((range.upperBound - 1) / PageCache.pageSize)
        return first..<(last + 1)
    }

    /// Pages that hold any byte of the file.
    var pagesInFile: Int { Int((fileSize + PageCache.pageSize - 1) / PageCache.pageSize) }
}
