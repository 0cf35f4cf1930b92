/// Linux's readahead in the page model: one ``LinuxWindow`` per file, since block traces know no handles.
struct LinuxReadahead: PageMethod {
    private let windowMax: Int
    private var windows: [Int: LinuxWindow] = [:]
    private var outcomes: [PageCache.Outcome] = []

    /// - Parameter bytes: the largest window (`read_ahead_kb`).
    init(bytes: Int64) {
        windowMax = Int(bytes / PageCache.pageSize)
    }

    mutating func serve(_ request: PageRequest, cache: inout PageCache) {
        var window = windows[request.file] ?? LinuxWindow(windowMax: windowMax)
        cache.read(request, outcomes: &outcomes)
        let limit = request.pagesInFile
        window.serve(request.pages, outcomes: outcomes, &cache) { cache, page in
            cache.contains(request.file, page)
        } fetch: { cache, pages in
            cache.fetchAhead(request.file, pages.clamped(to: 0..<limit), at: request.at)
        }
        windows[request.file] = window
    }
}
