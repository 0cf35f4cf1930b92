import TestSupport

/// Bytes of a file in pages; what was never written, or was punched, is no page and reads as zeros.
struct SparseContent: Sendable {
    static let page = 4096
    /// What a disk writes whole.
    private static let sector = 512

    private(set) var pages: [Int: [UInt8]] = [:]
    private(set) var size = 0

    func read(at offset: Int, _ count: Int) -> [UInt8] {
        let end = min(size, offset + count)
        guard offset < end else { return [] }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(end - offset)
        var position = offset
        while position < end {
            let start = position % Self.page
            let length = min(Self.page - start, end - position)
            if let page = pages[position / Self.page] {
                bytes += page[start..<(start + length)]
            } else {
                bytes += repeatElement(0, count: length)
            }
            position += length
        }
        return bytes
    }

    mutating func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        var done = 0
        while done < bytes.count {
            let start = (offset + done) % Self.page
            let length = min(Self.page - start, bytes.count - done)
            let part = bytes[done..<(done + length)]
            pages[
                (offset + done) / Self.page, default: [UInt8](repeating: 0, count: Self.page)
            ].replaceSubrange(start..<(start + length), with: part)
            done += length
        }
        size = max(size, offset + bytes.count)
    }

    mutating func setSize(_ newSize: Int) {
        if newSize < size {
            let last = newSize / Self.page
            pages = pages.filter { $0.key < last || $0.key == last && newSize % Self.page > 0 }
            zero(newSize..<((newSize + Self.page - 1) / Self.page * Self.page))
        }
        size = newSize
    }

    /// As `FALLOC_FL_PUNCH_HOLE` with `FALLOC_FL_KEEP_SIZE`.
    mutating func punch(_ range: Range<Int>) {
        let first = (range.lowerBound + Self.page - 1) / Self.page
        let last = range.upperBound / Self.page
        guard first <= last else {
            zero(range)
            return
        }
        zero(range.lowerBound..<(first * Self.page))
        zero((last * Self.page)..<range.upperBound)
        for number in pages.keys where (first..<last).contains(number) { pages[number] = nil }
    }

    /// Of one page.
    private mutating func zero(_ range: Range<Int>) {
        let start = range.lowerBound % Self.page
        guard !range.isEmpty else { return }
        pages[range.lowerBound / Self.page]?.replaceSubrange(
            start..<(start + range.count), with: repeatElement(0, count: range.count))
    }

    /// The first byte from `offset` on that is in a page, or in none; nil where there is no data any more.
    func next(data isData: Bool, from offset: Int) -> Int? {
        guard offset < size else { return nil }
        var position = offset
        while position < size {
            if (pages[position / Self.page] != nil) == isData { return position }
            position = (position / Self.page + 1) * Self.page
        }
        return isData ? nil : size
    }

    /// What the disk holds of this after a cut, when it held `old` at the last flush: of what was written since,
    /// some pages and some parts of pages.
    ///
    /// - Parameter percent: how likely a page was on the disk.
    func cut(since old: SparseContent, keeping percent: Int, _ chance: inout SplitMix)
        -> SparseContent
    {
        var left = old
        var end = 0
        for number in Set(pages.keys).union(old.pages.keys).sorted()
        where pages[number] != old.pages[number] && chance.chance(percent) {
            left.pages[number] = pages[number]
            if let new = pages[number], chance.chance(5) {
                let torn = Int.random(in: 1..<(Self.page / Self.sector), using: &chance)
                let before = old.pages[number] ?? [UInt8](repeating: 0, count: Self.page)
                left.pages[number] = Array(
                    new[..<(torn * Self.sector)] + before[(torn * Self.sector)...])
            }
            end = min(size, (number + 1) * Self.page)
        }
        // A page behind the old end needs a size that has it; else the size is a change by itself.
        left.setSize(chance.chance(percent) ? size : max(old.size, end))
        return left
    }
}
