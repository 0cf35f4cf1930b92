import Foresight
import Model

/// The product's own predictor in the page model: a volume is a file, a page is the unit, and there are no
/// neighbours.
///
/// Foresight is told of a read after the pages were looked up, as the view does it, and that a prefetch has come
/// ``PageCache/lateBelow`` later, or at once where the trace has no clock.
struct ForesightReadahead: PageMethod {
    private var foresight: Foresight
    private let hasClock: Bool
    private var outcomes: [PageCache.Outcome] = []
    /// In the order of their arrival.
    private var underway: [(number: PredictionNumber, at: Int64)] = []
    private var underwayFirst = 0

    var wantsLost: Bool { true }

    init(_ settings: ForesightSettings, hasClock: Bool, memory: Int64) {
        foresight = Foresight(settings.configuration(unit: Int(PageCache.pageSize), memory: memory))
        // The score of this model does not count time: there is no link to keep full.
        self.hasClock = hasClock
    }

    mutating func serve(_ request: PageRequest, cache: inout PageCache) {
        tellArrivals(until: request.at)
        cache.read(request, outcomes: &outcomes)
        tellLost(&cache)
        let event = ReadEvent(
            file: FileNumber(UInt64(request.file)), fileSize: request.fileSize,
            chunkSize: Int(PageCache.pageSize), range: request.range,
            reader: Reader(userID: 0, processID: 1, handle: UInt64(request.file)),
            at: hasClock ? .nanoseconds(request.at) : .zero,
            isWarm: outcomes.allSatisfy { $0 == .hit })
        let plan = foresight.read(event, among: NoNeighbourhood())
        let missed = outcomes.count { $0 == .miss }
        if missed > 0 { foresight.missed(bytes: Int64(missed) * PageCache.pageSize) }
        for wish in plan.requests { fetch(wish, request, &cache) }
        tellLost(&cache)
    }

    private mutating func fetch(
        _ wish: PrefetchRequest, _ request: PageRequest, _ cache: inout PageCache
    ) {
        guard wish.file.value == UInt64(request.file) else { return }
        let range = wish.range.clamped(to: 0..<request.fileSize)
        var fetched = 0
        if !range.isEmpty {
            let first = Int(range.lowerBound / PageCache.pageSize)
            let last = Int((range.upperBound - 1) / PageCache.pageSize)
            fetched = cache.fetchAhead(request.file, first..<(last + 1), at: request.at)
        }
        foresight.issued(wish.number, bytes: Int64(fetched) * PageCache.pageSize)
        guard fetched > 0 else { return }
        if hasClock {
            underway.append((wish.number, request.at + PageCache.lateBelow))
        } else {
            foresight.arrived(wish.number, at: .nanoseconds(request.at))
        }
    }

    private mutating func tellArrivals(until now: Int64) {
        while underwayFirst < underway.count, underway[underwayFirst].at <= now {
            let (number, at) = underway[underwayFirst]
            foresight.arrived(number, at: .nanoseconds(at))
            underwayFirst += 1
        }
        if underwayFirst > 1024, underwayFirst > underway.count / 2 {
            underway.removeFirst(underwayFirst)
            underwayFirst = 0
        }
    }

    private mutating func tellLost(_ cache: inout PageCache) {
        guard !cache.lost.isEmpty else { return }
        for run in cache.takeLost() {
            let range =
                Int64(run.pages.lowerBound) * PageCache.pageSize..<Int64(run.pages.upperBound)
                * PageCache.pageSize
            foresight.evicted(FileNumber(UInt64(run.file)), range)
        }
    }
}
