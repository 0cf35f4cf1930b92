/// The state of Linux's readahead for one open file, and its decisions, as of Linux 6.1
/// (`mm/readahead.c`: `ondemand_readahead`, `get_init_ra_size`, `get_next_ra_size`, `try_context_readahead`).
///
/// All numbers are pages. The owner reads the pages of the window that comes back and reports a read of the marked
/// page, of which there is one per window.
struct LinuxWindow: Sendable {
    /// `ra->start`, `ra->size`, `ra->async_size`.
    private(set) var start = 0
    private(set) var size = 0
    private(set) var asyncSize = 0
    /// `ra->prev_pos`, in pages; -1 before the first read.
    var previous = -1
    /// The page whose read starts the next window; -1 for none.
    private(set) var marker = -1
    private let windowMax: Int

    /// - Parameter windowMax: `ra->ra_pages`.
    init(windowMax: Int) {
        self.windowMax = windowMax
    }

    /// A read, page by page, as the kernel's read path goes through it.
    ///
    /// - Parameters:
    ///   - outcomes: one per page, before anything was fetched for this read.
    ///   - context: handed to the other two.
    ///   - isCached: whether a page is there or on its way.
    ///   - fetch: brings pages; those of the read itself may be among them, and pages beyond the file's end.
    mutating func serve<Context>(
        _ pages: Range<Int>, outcomes: [PageCache.Outcome], _ context: inout Context,
        isCached: (Context, Int) -> Bool, fetch: (inout Context, Range<Int>) -> Void
    ) {
        // Up to here, the readahead of this very read has brought the pages.
        var brought = pages.lowerBound
        for page in pages {
            defer { previous = page }
            let requested = pages.upperBound - page
            let wanted: Range<Int>
            if outcomes[page - pages.lowerBound] == .miss, page >= brought {
                wanted = missed(page, requested: requested) { isCached(context, $0) }
            } else if page == marker {
                wanted = reachedMarker(page, requested: requested) { isCached(context, $0) }
            } else {
                continue
            }
            guard !wanted.isEmpty else { continue }
            brought = max(brought, wanted.upperBound)
            fetch(&context, wanted)
        }
    }

    /// A page is missing.
    ///
    /// - Parameters:
    ///   - requested: pages from here to the end of the read.
    ///   - isCached: whether a page is in the cache, for the look back.
    /// - Returns: pages to fetch; those of the read may be among them.
    mutating func missed(
        _ page: Int, requested: Int, isCached: (Int) -> Bool
    ) -> Range<Int> {
        let isExpected = size > 0 && (page == start + size - asyncSize || page == start + size)
        if page == 0 || (!isExpected && requested > windowMax) {
            setInitial(page, requested)
        } else if isExpected {
            advance()
        } else if previous >= 0, page == previous || page == previous + 1 {
            setInitial(page, requested)
        } else if !setFromHistory(page, requested, isCached) {
            return page..<(page + requested)
        }
        return window(around: page)
    }

    /// The marked page is read. - Returns: pages to fetch.
    mutating func reachedMarker(
        _ page: Int, requested: Int, isCached: (Int) -> Bool
    ) -> Range<Int> {
        marker = -1
        if page == start + size - asyncSize || page == start + size {
            advance()
        } else {
            var miss = page + 1
            while miss - page <= windowMax, isCached(miss) { miss += 1 }
            guard miss - page <= windowMax else { return page..<page }
            start = miss
            size = Self.next(miss - page + requested, max: windowMax)
            asyncSize = size
        }
        return window(around: page)
    }

    private mutating func setInitial(_ page: Int, _ requested: Int) {
        start = page
        size = Self.initial(requested, max: windowMax)
        asyncSize = size > requested ? size - requested : size
    }

    private mutating func advance() {
        start += size
        size = Self.next(size, max: windowMax)
        asyncSize = size
    }

    /// A run of cached pages right before this one: somebody came this way.
    private mutating func setFromHistory(
        _ page: Int, _ requested: Int, _ isCached: (Int) -> Bool
    ) -> Bool {
        var history = 0
        while history < windowMax, page - history > 0, isCached(page - history - 1) { history += 1 }
        guard history > requested else { return false }
        // From the start of the file on: strong evidence.
        if history >= page { history *= 2 }
        start = page
        size = min(history + requested, windowMax)
        asyncSize = 1
        return true
    }

    private mutating func window(around page: Int) -> Range<Int> {
        if page == start, size == asyncSize {
            let more = Self.next(size, max: windowMax)
            if size + more <= windowMax {
                asyncSize = more
                size += more
            } else {
                size = windowMax
                asyncSize = windowMax / 2
            }
        }
        marker = start + size - asyncSize
        return start..<(start + size)
    }

    static func initial(_ requested: Int, max windowMax: Int) -> Int {
        var size = 1
        while size < requested { size *= 2 }
        if size <= windowMax / 32 { return size * 4 }
        if size <= windowMax / 4 { return size * 2 }
        return windowMax
    }

    static func next(_ size: Int, max windowMax: Int) -> Int {
        if size < windowMax / 16 { return size * 4 }
        if size <= windowMax / 2 { return size * 2 }
        return windowMax
    }
}
