/// Replays the reads of a block trace against a page cache with one method of reading ahead.
///
/// Definitions, the same for every method: 4 KiB pages; an LRU cache of the larger of 10 % of the pages that the
/// trace ever reads and 16 MiB; writes are ignored; reads are split at 1 MiB.
/// *Coverage* = (misses without − misses) / misses without; *accuracy* = used / issued;
/// *traffic* = (misses + issued) / misses without; *late* = first used within 10 ms of the prefetch, of all used.
struct PageModel: Sendable {
    static let cacheBytesMin: Int64 = 16 << 20
    /// What a request without a recorded time takes: a trace's time column that merely counts is read as this.
    static let step: Int64 = 1_000_000

    let trace: Trace
    let hasClock: Bool
    /// Distinct pages that are read.
    let workingSet: Int
    let capacity: Int
    let share: ShareModel

    /// - Parameter memory: bytes of the cache; nil: the larger of 10 % of the working set and 16 MiB.
    init(_ trace: Trace, memory: Int64?, share: ShareModel) {
        self.trace = trace
        self.share = share
        hasClock = trace.hasClock
        workingSet = Self.distinctPages(trace)
        let bytes = memory ?? max(Int64(workingSet / 10) * PageCache.pageSize, Self.cacheBytesMin)
        capacity = Int(bytes / PageCache.pageSize)
    }

    func run(_ method: some PageMethod) -> PageCounts {
        var method = method
        var cache = PageCache(capacity: capacity)
        cache.notesLost = method.wantsLost
        cache.setShare(share)
        for (index, event) in trace.events.enumerated()
        where event.operation == .read && event.length > 0 {
            var request = PageRequest(
                file: Int(event.file), range: 0..<0, fileSize: trace.fileEnds[Int(event.file)],
                at: hasClock ? event.at : Int64(index) * Self.step)
            var from = event.offset
            while from < event.end {
                let to = min(event.end, from + PageRequest.lengthMax)
                request.range = from..<to
                method.serve(request, cache: &cache)
                from = to
            }
        }
        return cache.counts
    }

    private static func distinctPages(_ trace: Trace) -> Int {
        var runs = RangeUnion()
        for event in trace.events where event.operation == .read && event.length > 0 {
            let first = event.offset / PageCache.pageSize
            let last = (event.end - 1) / PageCache.pageSize
            runs.insert(file: Int(event.file), first..<(last + 1))
        }
        return Int(runs.merged().count)
    }
}
