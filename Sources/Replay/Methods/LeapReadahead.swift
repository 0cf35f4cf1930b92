/// Leap in the page model, fed with every page of a file or with every request.
struct LeapReadahead: PageMethod {
    enum Grain: Sendable {
        /// A position is a page; a request of several is several accesses.
        case page
        /// A position is a request's first page; what is fetched are requests of the same length.
        case request
    }

    private let windowMax: Int
    private let grain: Grain
    private var trends: [Int: LeapTrend] = [:]
    private var outcomes: [PageCache.Outcome] = []

    /// - Parameter windowMax: pages or requests fetched at once, at most.
    init(_ grain: Grain, windowMax: Int) {
        self.grain = grain
        self.windowMax = windowMax
    }

    mutating func serve(_ request: PageRequest, cache: inout PageCache) {
        cache.read(request, outcomes: &outcomes)
        var trend = trends[request.file] ?? LeapTrend(windowMax: windowMax)
        let pages = request.pages
        let limit = request.pagesInFile
        switch grain {
        case .request:
            if outcomes.contains(.firstUse) { trend.used() }
            if let (step, count) = trend.access(pages.lowerBound) {
                for turn in 1...count {
                    let start = pages.lowerBound + step * turn
                    let wanted = (start..<(start + pages.count)).clamped(to: 0..<limit)
                    cache.fetchAhead(request.file, wanted, at: request.at)
                }
            }
        case .page:
            for page in pages {
                if outcomes[page - pages.lowerBound] == .firstUse { trend.used() }
                guard let (step, count) = trend.access(page) else { continue }
                for turn in 1...count {
                    let wanted = page + step * turn
                    guard wanted >= 0, wanted < limit else { continue }
                    cache.fetchAhead(request.file, wanted..<(wanted + 1), at: request.at)
                }
            }
        }
        trends[request.file] = trend
    }
}
