/// Leap over the reads of one file: what it would fetch after each.
///
/// Looked at once per read that misses or uses what was fetched ahead: what would be a fault for Leap.
struct LeapStream: Sendable {
    enum Grain: Sendable {
        /// A step leads from page to page; a read of several is several accesses, and pages are fetched.
        case page
        /// A step is the gap between the end of a read and the start of the next, in bytes; what is fetched are
        /// reads of the same length.
        case request
    }

    private let grain: Grain
    private var trend: LeapTrend
    /// Where the last access ended: a page, or bytes.
    private var last: Int64 = 0

    /// - Parameter windowMax: pages or reads fetched at once, at most.
    init(_ grain: Grain, windowMax: Int) {
        self.grain = grain
        trend = LeapTrend(windowMax: windowMax)
    }

    /// - Parameters:
    ///   - range: bytes read.
    ///   - outcomes: one per page.
    /// - Returns: bytes to fetch, inside the file.
    mutating func serve(
        _ range: Range<Int64>, outcomes: [PageCache.Outcome], fileSize: Int64
    ) -> [Range<Int64>] {
        guard outcomes.contains(where: { $0 != .hit }) else { return [] }
        let uses = outcomes.count { $0 == .firstUse }
        switch grain {
        case .page:
            trend.used(uses)
            let first = range.lowerBound / PageCache.pageSize
            for page in first..<(first + Int64(outcomes.count)) {
                trend.note(step: Int(page - last))
                last = page
            }
            guard let (step, count) = trend.next(), step != 0 else { return [] }
            return pages(step: Int64(step), count, fileSize)
        case .request:
            trend.used(uses > 0 ? 1 : 0)
            trend.note(step: Int(range.lowerBound - last))
            last = range.upperBound
            guard let (gap, count) = trend.next() else { return [] }
            return reads(like: range, gap: Int64(gap), count, fileSize)
        }
    }

    private func pages(step: Int64, _ count: Int, _ fileSize: Int64) -> [Range<Int64>] {
        var wanted: [Range<Int64>] = []
        for turn in 1...count {
            let start = (last + step * Int64(turn)) * PageCache.pageSize
            guard start >= 0, start < fileSize else { break }
            let end = min(start + PageCache.pageSize, fileSize)
            if let before = wanted.last, before.upperBound == start {
                wanted[wanted.count - 1] = before.lowerBound..<end
            } else {
                wanted.append(start..<end)
            }
        }
        return wanted
    }

    private func reads(
        like range: Range<Int64>, gap: Int64, _ count: Int, _ fileSize: Int64
    ) -> [Range<Int64>] {
        var wanted: [Range<Int64>] = []
        var end = range.upperBound
        for _ in 1...count {
            let start = end + gap
            guard start >= 0, start < fileSize else { break }
            end = min(start + range.upperBound - range.lowerBound, fileSize)
            wanted.append(start..<end)
        }
        return wanted
    }
}
