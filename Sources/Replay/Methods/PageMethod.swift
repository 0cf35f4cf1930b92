/// A way of reading ahead, in the page model: it lets the request have its pages and fetches others.
protocol PageMethod: Sendable {
    /// Whether it asks for ``PageCache/takeLost()``.
    var wantsLost: Bool { get }

    mutating func serve(_ request: PageRequest, cache: inout PageCache)
}

extension PageMethod {
    var wantsLost: Bool { false }
}

/// Fetches what is asked for and nothing else.
struct NoReadahead: PageMethod {
    private var outcomes: [PageCache.Outcome] = []

    mutating func serve(_ request: PageRequest, cache: inout PageCache) {
        cache.read(request, outcomes: &outcomes)
    }
}

/// Fetches the next bytes after every request that misses or uses what was fetched ahead, whatever was read before.
struct NextReadahead: PageMethod {
    private let pagesAhead: Int
    private var outcomes: [PageCache.Outcome] = []

    /// - Parameter bytes: how far.
    init(bytes: Int64) {
        pagesAhead = Int(bytes / PageCache.pageSize)
    }

    mutating func serve(_ request: PageRequest, cache: inout PageCache) {
        cache.read(request, outcomes: &outcomes)
        guard outcomes.contains(where: { $0 != .hit }) else { return }
        let end = request.pages.upperBound
        let goal = min(end + pagesAhead, request.pagesInFile)
        if goal > end { cache.fetchAhead(request.file, end..<goal, at: request.at) }
    }
}
