/// What one method did with one trace in the page model.
struct PageCounts: Sendable, Equatable {
    /// Reads, after splitting.
    var requests = 0
    /// Reads with at least one page missing.
    var stalled = 0
    /// Pages asked for, with repetitions.
    var pages = 0
    var missPages = 0
    /// Fetched ahead.
    var issuedPages = 0
    /// Of those, read later.
    var usedPages = 0
    /// Of those, read within ``PageCache/lateBelow`` of being fetched.
    var latePages = 0
    /// Fetched ahead, evicted unread.
    var unusedPages = 0
    /// Runs of neighbouring pages that were fetched on demand, and ahead.
    var demandFetches = 0
    var prefetches = 0
    /// Nanoseconds that reads waited for missing pages, and for pages that were still on their way.
    var missedWait: Int64 = 0
    var lateWait: Int64 = 0
    /// The longest wait of the present read for pages on their way.
    var waitMax: Int64 = 0
    var share = ShareModel()
}
