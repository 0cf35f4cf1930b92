import Eviction
import Model
import Synchronization

/// The disk tier's eviction policy with its lock, and which figures the index does not know yet.
///
/// Threads: any. Loads touch it from the disk pool; the keeper asks for victims.
final class ChunkEviction: Sendable {
    private struct State {
        var policy: LFUAgingPolicy<ChunkRow>
        /// Touched since their usage was last written.
        var touched: Set<ChunkRow> = []
        /// Victims that turned out to be of a pinned path: no victims any more.
        var pinned: Set<ChunkRow> = []
        /// Those, in the order of their rows, while some of them have to go: files go one after the other, and whole.
        var pinnedOrder: [ChunkRow]?
        var isLoaded = false
        /// Changes with ``reset()``: what a loader of before brings is not taken.
        var generation = 0
    }

    /// Touches remembered between two writings; the rest is not persisted.
    static let touchedMax = 8192

    private let state: Mutex<State>

    init(age: UInt64) {
        state = Mutex(State(policy: LFUAgingPolicy(age: age)))
    }

    var age: UInt64 { state.withLock { $0.policy.age } }

    /// Whether everything that the index knows has been brought in.
    var isLoaded: Bool { state.withLock { $0.isLoaded } }
    var generation: Int { state.withLock { $0.generation } }

    /// A chunk was written for the first time, or grew. Gives back what the index shall keep.
    ///
    /// - Parameter traits: the size is what it takes of the disk.
    func insert(_ row: ChunkRow, _ traits: EntryTraits, now: Timestamp) -> UsageRecord {
        state.withLock { state in
            if state.policy.contains(row) {
                state.policy.resize(row, size: traits.size)
                // A scanner began it, and somebody else goes on in it.
                if traits.priority != .low, state.policy.record(of: row)?.hits == 0 {
                    state.policy.touch(row)
                }
            } else {
                state.policy.insert(row, traits)
            }
            return Self.record(row, state.policy, now: now)
        }
    }

    func touch(_ row: ChunkRow) {
        state.withLock { state in
            state.policy.touch(row)
            if state.touched.count < Self.touchedMax { state.touched.insert(row) }
        }
    }

    func remove(_ row: ChunkRow) {
        state.withLock { state in
            state.policy.remove(row)
            state.touched.remove(row)
            state.pinned.remove(row)
        }
    }

    func victim() -> (row: ChunkRow, size: Int)? {
        state.withLock { state in
            guard let (row, size) = state.policy.victim() else { return nil }
            state.touched.remove(row)
            return (row, size)
        }
    }

    /// A victim that could not go.
    func putBack(_ victim: (row: ChunkRow, size: Int)) {
        state.withLock { $0.policy.insert(victim.row, size: victim.size) }
    }

    /// A victim that is to stay until ``unpinAll()``.
    func pin(_ victim: (row: ChunkRow, size: Int)) {
        state.withLock { state in
            state.policy.insert(victim.row, size: victim.size)
            state.policy.pin(victim.row)
            state.pinned.insert(victim.row)
            state.pinnedOrder = nil
        }
    }

    /// One of those, taken out: of what was stored last.
    func pinnedVictim() -> (row: ChunkRow, size: Int)? {
        state.withLock { state in
            var order = state.pinnedOrder ?? state.pinned.sorted { $0.number < $1.number }
            state.pinnedOrder = nil
            defer { state.pinnedOrder = order }
            while let row = order.popLast() {
                guard state.pinned.remove(row) != nil else { continue }
                state.touched.remove(row)
                if let size = state.policy.remove(row) { return (row, size) }
            }
            return nil
        }
    }

    /// Less is pinned than was: each has to turn out to be once more.
    func unpinAll() {
        state.withLock { state in
            for row in state.pinned { state.policy.unpin(row) }
            state.pinned = []
            state.pinnedOrder = nil
        }
    }

    /// Usage of the chunks touched since the last call.
    func takeTouched(now: Timestamp) -> [(ChunkRow, UsageRecord)] {
        state.withLock { state in
            let rows = state.touched
            state.touched = []
            return rows.filter { state.policy.contains($0) }
                .map { ($0, Self.record($0, state.policy, now: now)) }
        }
    }

    /// Brings in what the index knew at the start. What was touched or stored since stays as it is.
    func restore(_ records: ArraySlice<(ChunkRow, UsageRecord)>, generation: Int) {
        state.withLock { state in
            guard state.generation == generation else { return }
            for (row, record) in records {
                state.policy.restore(
                    row, size: Int(record.allocated), hits: record.hits,
                    priority: min(record.priority, Self.priorityMax))
            }
        }
    }

    /// Far beyond what uses can add up to, and far from overflow.
    private static let priorityMax: UInt64 = 1 << 60

    func finishLoading(generation: Int) {
        state.withLock { if $0.generation == generation { $0.isLoaded = true } }
    }

    /// Forgets everything: the index was renewed and is empty.
    func reset() {
        state.withLock { state in
            state.policy = LFUAgingPolicy()
            state.touched = []
            state.pinned = []
            state.isLoaded = true
            state.generation += 1
        }
    }

    private static func record(
        _ row: ChunkRow, _ policy: LFUAgingPolicy<ChunkRow>, now: Timestamp
    ) -> UsageRecord {
        let kept = policy.record(of: row)
        return UsageRecord(
            allocated: UInt32(clamping: kept?.size ?? 0), hits: kept?.hits ?? 0,
            priority: kept?.priority ?? 0, lastUse: now.seconds)
    }
}
