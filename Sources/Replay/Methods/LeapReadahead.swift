/// Leap in the page model: one ``LeapStream`` per file.
struct LeapReadahead: PageMethod {
    private let grain: LeapStream.Grain
    private let windowMax: Int
    private var streams: [Int: LeapStream] = [:]
    private var outcomes: [PageCache.Outcome] = []

    /// - Parameter windowMax: pages or reads fetched at once, at most.
    init(_ grain: LeapStream.Grain, windowMax: Int) {
        self.grain = grain
        self.windowMax = windowMax
    }

    mutating func serve(_ request: PageRequest, cache: inout PageCache) {
        cache.read(request, outcomes: &outcomes)
        let wanted = streams[request.file, default: LeapStream(grain, windowMax: windowMax)]
            .serve(request.range, outcomes: outcomes, fileSize: request.fileSize)
        var part = request
        for range in wanted {
            part.range = range
            cache.fetchAhead(request.file, part.pages, at: request.at)
        }
    }
}
