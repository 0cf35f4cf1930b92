import Eviction
import Habits

/// Rules over misses (``MissCorrelation``) in front of a cache that evicts what was least recently used.
///
/// In the first part of the trace the rules learn and nothing is fetched ahead. In the rest what they expect is fetched at once,
/// as if just used, so that what is wrong costs the place of something else, too. The first use of what was fetched
/// ahead is told to the rules as the miss that it would have been.
struct CorrelationReplay: Sendable {
    /// Of the accesses, for learning.
    static let learnedShare = 0.6
    static let chunkDefault = 64 << 10

    let sequence: AccessSequence
    let chunk: Int
    /// Chunks.
    let capacity: Int
    /// The first access that is judged.
    let judgedFrom: Int

    init(_ sequence: AccessSequence, chunk: Int, cachePercent: Int) {
        self.sequence = sequence
        self.chunk = chunk
        let share = Double(sequence.chunks) * Double(cachePercent) / 100
        capacity = max(1, Int(share.rounded()))
        judgedFrom = Int(Double(sequence.accesses.count) * Self.learnedShare)
    }

    func report() -> CorrelationReport {
        let alone = missesAlone()
        return CorrelationReport(
            chunkBytes: chunk, distinctChunks: sequence.chunks, cacheChunks: capacity,
            accesses: sequence.accesses.count - judgedFrom, misses: alone,
            frozen: row(alone: alone, learnsOn: false), online: row(alone: alone, learnsOn: true))
    }

    func missesAlone() -> Int {
        var cache = TierReplacement(LRUPolicy(), capacity: capacity)
        var misses = 0
        for (position, chunk) in sequence.accesses.enumerated() {
            if !cache.access(chunk), position >= judgedFrom { misses += 1 }
        }
        return misses
    }

    func row(alone: Int, learnsOn: Bool) -> CorrelationRow {
        var run = CorrelationRun(capacity: capacity)
        for chunk in sequence.accesses[..<judgedFrom] { run.access(chunk, fetches: false) }
        run.begin(learnsOn: learnsOn)
        for chunk in sequence.accesses[judgedFrom...] { run.access(chunk, fetches: true) }
        var row = run.row
        row.precision = MethodRow.ratio(row.used, row.used + row.unused)
        row.coverage = MethodRow.ratio(row.used, alone)
        row.extraTraffic = MethodRow.ratio(row.misses + row.issued - alone, alone)
        row.isOff = !run.isIssuing
        return row
    }
}
