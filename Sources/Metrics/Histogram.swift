import Synchronization

/// How often values of each size came. Threads: any, without a lock: an event is two additions.
///
/// What is taken while events come may have one in its sum that is not in its buckets yet, or the other way round.
public final class Histogram: Sendable {
    private let buckets: LogLinearScale.Buckets<Atomic<UInt64>>
    private let sum = Atomic<UInt64>(0)

    public init() {
        buckets = LogLinearScale.Buckets { _ in Atomic(0) }
    }

    public func record(_ value: UInt64) {
        buckets[LogLinearScale.index(of: value)].wrappingAdd(1, ordering: .relaxed)
        sum.wrappingAdd(value, ordering: .relaxed)
    }

    /// In nanoseconds.
    public func record(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let nanoseconds = seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000
        record(UInt64(max(0, nanoseconds)))
    }

    public var snapshot: HistogramSnapshot {
        HistogramSnapshot(
            buckets: buckets.indices.map { buckets[$0].load(ordering: .relaxed) },
            sum: sum.load(ordering: .relaxed))
    }
}
