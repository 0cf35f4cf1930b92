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
        let pages = request.pages
        let limit = request.pagesInFile
        // Up to here, the readahead of this very read has brought the pages.
        var brought = pages.lowerBound
        for page in pages {
            let requested = pages.upperBound - page
            let isMissing = outcomes[page - pages.lowerBound] == .miss && page >= brought
            let wanted: Range<Int>
            if isMissing {
                wanted = window.missed(page, requested: requested) {
                    cache.contains(request.file, $0)
                }
            } else if page == window.marker {
                wanted = window.reachedMarker(page, requested: requested) {
                    cache.contains(request.file, $0)
                }
            } else {
                window.previous = page
                continue
            }
            if !wanted.isEmpty {
                brought = max(brought, wanted.upperBound)
                let clipped = wanted.clamped(to: 0..<max(limit, 0))
                cache.fetchAhead(request.file, clipped, at: request.at)
            }
            window.previous = page
        }
        windows[request.file] = window
    }
}
