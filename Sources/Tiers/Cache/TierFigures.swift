import Model
import Platform
import Synchronization

/// What a tier was asked for since the start, and what it brought; for readers and ahead of them.
public struct TierFigures: Hashable, Sendable {
    public var name: String
    /// Blocks that it brought.
    public var hits: UInt64 = 0
    /// Blocks that it was asked for and did not bring; what was known to be elsewhere it was not asked for.
    public var misses: UInt64 = 0
    public var bytes: UInt64 = 0
    /// From question to answer, of all loads together.
    public var time = Duration.zero
}

/// Counts ``TierFigures``. Threads: any; no locks.
struct TierCounters: ~Copyable, Sendable {
    private let hits = Atomic<UInt64>(0)
    private let misses = Atomic<UInt64>(0)
    private let bytes = Atomic<UInt64>(0)
    private let nanoseconds = Atomic<Int64>(0)

    func add(wanted: Int, _ loaded: [LoadedBlock], took: Duration) {
        let sum = loaded.reduce(0) { $0 + $1.buffer.count }
        hits.wrappingAdd(UInt64(loaded.count), ordering: .relaxed)
        misses.wrappingAdd(UInt64(max(0, wanted - loaded.count)), ordering: .relaxed)
        bytes.wrappingAdd(UInt64(sum), ordering: .relaxed)
        nanoseconds.wrappingAdd(Int64(took / .nanoseconds(1)), ordering: .relaxed)
    }

    func figures(_ name: String) -> TierFigures {
        TierFigures(
            name: name, hits: hits.load(ordering: .relaxed),
            misses: misses.load(ordering: .relaxed), bytes: bytes.load(ordering: .relaxed),
            time: .nanoseconds(nanoseconds.load(ordering: .relaxed)))
    }
}
