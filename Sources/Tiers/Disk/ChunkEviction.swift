import Eviction
import Model
import Synchronization

/// The disk tier's eviction policy with its lock, and which figures the index does not know yet.
///
/// Threads: any. Loads touch it from the disk pool; the keeper asks for victims.
final class ChunkEviction: Sendable {
    typealias Policy = any PersistentEvictionPolicy<ChunkRow>

    /// What is to go.
    struct Victim {
        var row: ChunkRow
        var record: EntryRecord
    }

    /// What is pinned with one priority.
    private struct Pinned {
        var rows: Set<ChunkRow> = []
        /// In the order of their rows, while some of them have to go: files go one after the other, and whole.
        var order: [ChunkRow]?

        /// The one that was stored last.
        mutating func popLast() -> ChunkRow? {
            guard !rows.isEmpty else { return nil }
            var left = order ?? rows.sorted { $0.number < $1.number }
            order = nil
            defer { order = left }
            while let row = left.popLast() {
                if rows.remove(row) != nil { return row }
            }
            return nil
        }
    }

    private struct State {
        var policy: Policy
        /// Touched since their usage was last written.
        var touched: Set<ChunkRow> = []
        /// Victims that turned out to be of a pinned path: no victims any more. By the rank of their priority.
        var pinned = [Pinned](repeating: Pinned(), count: PinPriority.allCases.count)
        var isLoaded = false
        /// Changes with ``reset()``: what a loader of before brings is not taken.
        var generation = 0

        /// Takes out a chunk that goes for another reason than that it is the next.
        mutating func take(_ row: ChunkRow) -> Victim? {
            touched.remove(row)
            guard let record = policy.record(of: row) else { return nil }
            policy.remove(row)
            return Victim(row: row, record: record)
        }
    }

    /// Touches remembered between two writings; the rest is not persisted.
    static let touchedMax = 8192

    private let state: Mutex<State>
    private let makePolicy: @Sendable (_ age: UInt64) -> Policy

    /// - Parameters:
    ///   - age: as the policy was left.
    ///   - makePolicy: an empty one.
    init(age: UInt64, makePolicy: @escaping @Sendable (_ age: UInt64) -> Policy) {
        self.makePolicy = makePolicy
        state = Mutex(State(policy: makePolicy(age)))
    }

    var age: UInt64 { state.withLock { $0.policy.age } }

    /// Whether everything that the index knows has been brought in.
    var isLoaded: Bool { state.withLock { $0.isLoaded } }
    var generation: Int { state.withLock { $0.generation } }

    /// A chunk was written for the first time, or grew. Gives back what the index shall keep.
    ///
    /// - Parameters:
    ///   - traits: the size is what it takes of the disk.
    ///   - record: what another tier knew of the chunk that has let it go.
    func insert(
        _ row: ChunkRow, _ traits: EntryTraits, _ record: EntryRecord? = nil, now: Timestamp
    ) -> UsageRecord {
        state.withLock { state in
            state.policy.advance(to: now.seconds)
            if state.policy.contains(row) {
                state.policy.resize(row, size: traits.size)
                // A scanner began it, and somebody else goes on in it.
                if traits.priority != .low, let record = state.policy.record(of: row),
                    record.priority == .low, record.uses == 0
                {
                    state.policy.touch(row)
                }
            } else if var record {
                record.size = traits.size
                record.uses += state.policy.uses(ofNew: traits.priority)
                record.rank = state.policy.rank(ofNew: traits.priority)
                state.policy.restore(row, record)
            } else {
                state.policy.insert(row, traits)
            }
            return Self.record(row, state.policy)
        }
    }

    /// - Parameter pause: seconds; what follows the use before in less is a part of that.
    func touch(_ row: ChunkRow, now: Timestamp, pause: Int64 = 0) {
        state.withLock { state in
            state.policy.advance(to: now.seconds)
            if pause > 0, let record = state.policy.record(of: row),
                record.uses > state.policy.uses(ofNew: record.priority),
                now.seconds - record.lastUse < pause
            {
                return
            }
            state.policy.touch(row)
            if state.touched.count < Self.touchedMax { state.touched.insert(row) }
        }
    }

    func remove(_ row: ChunkRow) {
        state.withLock { state in
            state.policy.remove(row)
            state.touched.remove(row)
            for rank in state.pinned.indices { state.pinned[rank].rows.remove(row) }
        }
    }

    func victim() -> Victim? {
        state.withLock { state in
            guard let row = state.policy.nextVictim, let record = state.policy.record(of: row),
                state.policy.victim() != nil
            else { return nil }
            state.touched.remove(row)
            return Victim(row: row, record: record)
        }
    }

    /// What another tier is told of a chunk that goes there: uses are those since it came.
    func leaving(_ victim: Victim) -> EntryRecord {
        var record = victim.record
        let arrival = state.withLock { $0.policy.uses(ofNew: record.priority) }
        record.uses -= min(arrival, record.uses)
        return record
    }

    /// A victim that could not go.
    func putBack(_ victim: Victim) {
        state.withLock { $0.policy.insert(victim.row, victim.traits) }
    }

    /// A victim that is to stay until ``unpinAll()``.
    func pin(_ victim: Victim, _ priority: PinPriority) {
        state.withLock { state in
            state.policy.insert(victim.row, victim.traits)
            state.policy.pin(victim.row)
            state.pinned[Int(priority.rank)].rows.insert(victim.row)
            state.pinned[Int(priority.rank)].order = nil
        }
    }

    /// One of those, taken out: of the lowest priority, and of that what was stored last.
    ///
    /// - Parameter priority: only what matters less; nil: any.
    func pinnedVictim(below priority: PinPriority?) -> Victim? {
        state.withLock { state in
            for rank in 0..<Int(priority?.rank ?? UInt8(state.pinned.count)) {
                while let row = state.pinned[rank].popLast() {
                    if let victim = state.take(row) { return victim }
                }
            }
            return nil
        }
    }

    /// Chunks that nobody has used since they came, before a time.
    func unused(since time: Timestamp) -> [ChunkRow] {
        state.withLock { $0.policy.unused(since: time.seconds) }
    }

    /// Takes one out; nil where it has gone, or was used meanwhile.
    func takeUnused(_ row: ChunkRow, since time: Timestamp) -> Victim? {
        state.withLock { state in
            guard let record = state.policy.record(of: row), record.lastUse < time.seconds else {
                return nil
            }
            return state.take(row)
        }
    }

    /// What keeping the chunk is worth that would go next, by ``RetentionScore``; nil where there is none.
    func lowestRetention(at now: Timestamp) -> Double? {
        state.withLock { state in
            state.policy.nextVictim.flatMap { state.policy.record(of: $0) }?
                .retention(at: now.seconds)
        }
    }

    /// What moving a chunk to a faster tier is worth, by ``RetentionScore``, once it was used again.
    func promotion(of row: ChunkRow, threshold: Double) -> Double {
        state.withLock { state in
            guard let record = state.policy.record(of: row), let pause = state.policy.pause(of: row)
            else { return 0 }
            return RetentionScore.promotion(
                uses: record.uses, pause: pause, threshold: threshold)
        }
    }

    /// Other paths are pinned, or with other priorities: each has to turn out to be once more.
    func unpinAll() {
        state.withLock { state in
            for rank in state.pinned.indices {
                for row in state.pinned[rank].rows { state.policy.unpin(row) }
                state.pinned[rank] = Pinned()
            }
        }
    }

    /// Usage of the chunks touched since the last call.
    func takeTouched() -> [(ChunkRow, UsageRecord)] {
        state.withLock { state in
            let rows = state.touched
            state.touched = []
            return rows.filter { state.policy.contains($0) }
                .map { ($0, Self.record($0, state.policy)) }
        }
    }

    /// Brings in what the index knew at the start. What was touched or stored since stays as it is.
    ///
    /// - Parameter now: a use after that is none: a clock went back.
    func restore(
        _ records: ArraySlice<(ChunkRow, UsageRecord)>, generation: Int, now: Timestamp
    ) {
        state.withLock { state in
            guard state.generation == generation else { return }
            state.policy.advance(to: now.seconds)
            for (row, record) in records {
                state.policy.restore(
                    row,
                    EntryRecord(
                        size: Int(record.allocated), uses: record.hits, rank: record.priority,
                        lastUse: min(record.lastUse, now.seconds)))
            }
        }
    }

    func finishLoading(generation: Int) {
        state.withLock { if $0.generation == generation { $0.isLoaded = true } }
    }

    /// Forgets everything: the index was renewed and is empty.
    func reset() {
        state.withLock { [makePolicy] state in
            state.policy = makePolicy(0)
            state.touched = []
            for rank in state.pinned.indices { state.pinned[rank] = Pinned() }
            state.isLoaded = true
            state.generation += 1
        }
    }

    private static func record(_ row: ChunkRow, _ policy: Policy) -> UsageRecord {
        let kept = policy.record(of: row)
        return UsageRecord(
            allocated: UInt32(clamping: kept?.size ?? 0), hits: kept?.uses ?? 0,
            priority: kept?.rank ?? 0, lastUse: kept?.lastUse ?? 0)
    }
}

extension ChunkEviction.Victim {
    fileprivate var traits: EntryTraits {
        EntryTraits(size: record.size, priority: record.priority)
    }
}
