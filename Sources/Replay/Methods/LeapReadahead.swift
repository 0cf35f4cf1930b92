/// Leap in the page model, fed with the pages of every request or with the requests themselves. Looked at once per
/// request that misses or uses what was fetched ahead: what would be a fault for Leap.
struct LeapReadahead: PageMethod {
    enum Grain: Sendable {
        /// A step leads from page to page; a request of several is several accesses, and pages are fetched.
        case page
        /// A step is the gap between the end of a request and the start of the next, in bytes; what is fetched
        /// are requests of the same length.
        case request
    }

    private struct File {
        var trend: LeapTrend
        /// Where the last access ended: a page, or bytes.
        var last = 0
    }

    private let windowMax: Int
    private let grain: Grain
    private var files: [Int: File] = [:]
    private var outcomes: [PageCache.Outcome] = []

    /// - Parameter windowMax: pages or requests fetched at once, at most.
    init(_ grain: Grain, windowMax: Int) {
        self.grain = grain
        self.windowMax = windowMax
    }

    mutating func serve(_ request: PageRequest, cache: inout PageCache) {
        cache.read(request, outcomes: &outcomes)
        guard outcomes.contains(where: { $0 != .hit }) else { return }
        var file = files[request.file] ?? File(trend: LeapTrend(windowMax: windowMax))
        let uses = outcomes.count { $0 == .firstUse }
        switch grain {
        case .page:
            file.trend.used(uses)
            for page in request.pages {
                file.trend.note(step: page - file.last)
                file.last = page
            }
            if let (step, count) = file.trend.next(), step != 0 {
                fetchPages(step, count, request, &cache)
            }
        case .request:
            file.trend.used(uses > 0 ? 1 : 0)
            file.trend.note(step: Int(request.range.lowerBound) - file.last)
            file.last = Int(request.range.upperBound)
            if let (gap, count) = file.trend.next() {
                fetchRequests(Int64(gap), count, request, &cache)
            }
        }
        files[request.file] = file
    }

    private func fetchPages(
        _ step: Int, _ count: Int, _ request: PageRequest, _ cache: inout PageCache
    ) {
        for turn in 1...count {
            let page = request.pages.upperBound - 1 + step * turn
            guard page >= 0, page < request.pagesInFile else { return }
            cache.fetchAhead(request.file, page..<(page + 1), at: request.at)
        }
    }

    private func fetchRequests(
        _ gap: Int64, _ count: Int, _ request: PageRequest, _ cache: inout PageCache
    ) {
        var next = request
        let length = request.range.upperBound - request.range.lowerBound
        for _ in 1...count {
            let start = next.range.upperBound + gap
            guard start >= 0, start < request.fileSize else { return }
            next.range = start..<min(start + length, request.fileSize)
            cache.fetchAhead(request.file, next.pages, at: request.at)
        }
    }
}
