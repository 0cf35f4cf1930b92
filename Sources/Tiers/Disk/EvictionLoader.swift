import Model
import Platform

/// Brings the usage of all chunks from the index into the eviction policy, on a thread of its own, so that a
/// million rows hold up nobody. Until it is done, victims come from what is there already.
struct EvictionLoader: Sendable {
    let core: DiskCore
    /// Asked between steps.
    let isStopping: @Sendable () -> Bool

    private static let readStep = 16384
    private static let restoreStep = 2048

    func run() {
        let generation = core.eviction.generation
        var records: [(ChunkRow, UsageRecord)] = []
        var next = Int64.min
        var damaged = 0
        while !isStopping() {
            let start = next
            var count = 0
            var last = start
            let answer: Void? = core.index.read { reader throws(SQLiteError) in
                try reader.usage(in: start...Int64.max, limit: Self.readStep) { row, bytes in
                    count += 1
                    last = row.number
                    if let record = UsageRecord(bytes, row: row) {
                        records.append((row, record))
                    } else {
                        // Still a chunk that takes room: the first to go.
                        damaged += 1
                        records.append(
                            (row, UsageRecord(allocated: 0, hits: 0, priority: 0, lastUse: 0)))
                    }
                }
            }
            guard answer != nil, count == Self.readStep, last < .max else { break }
            next = last + 1
        }
        if damaged > 0 { core.noteDamage("damaged usage rows in the index", count: damaged) }
        // Within a priority the policy keeps the order of arrival: oldest use first.
        records.sort { $0.1.lastUse < $1.1.lastUse }
        var rest = records[...]
        while !rest.isEmpty, !isStopping() {
            core.eviction.restore(
                rest.prefix(Self.restoreStep), generation: generation, now: core.clock.wall)
            rest = rest.dropFirst(Self.restoreStep)
        }
        core.eviction.finishLoading(generation: generation)
    }
}
