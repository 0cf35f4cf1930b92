/// What a ``Histogram`` has counted up to a moment.
public struct HistogramSnapshot: Hashable, Sendable {
    /// By ``LogLinearScale/index(of:)``.
    public private(set) var buckets: [UInt64]
    /// Of all values.
    public private(set) var sum: UInt64

    public init() {
        self.init(buckets: Array(repeating: 0, count: LogLinearScale.bucketCount), sum: 0)
    }

    init(buckets: [UInt64], sum: UInt64) {
        self.buckets = buckets
        self.sum = sum
    }

    public var count: UInt64 { buckets.reduce(0, &+) }

    /// nil of nothing.
    public var mean: Double? {
        let count = count
        return count > 0 ? Double(sum) / Double(count) : nil
    }

    /// The bound that at least this part of the values does not exceed; too large by an eighth at most. nil of nothing.
    ///
    /// - Parameter part: 0.5 for the median.
    public func quantile(_ part: Double) -> UInt64? {
        let count = count
        guard count > 0 else { return nil }
        let rank = max(1, (min(1, max(0, part)) * Double(count)).rounded(.up))
        var seen: UInt64 = 0
        for (index, bucket) in buckets.enumerated() where bucket > 0 {
            seen += bucket
            if Double(seen) >= rank { return LogLinearScale.upperBound(of: index) }
        }
        return nil
    }

    /// What came between an earlier snapshot of the same histogram and this one.
    public func since(_ earlier: Self) -> Self {
        Self(
            buckets: zip(buckets, earlier.buckets).map { $0 &- min($0, $1) },
            sum: sum &- min(sum, earlier.sum))
    }

    public static func + (one: Self, other: Self) -> Self {
        Self(buckets: zip(one.buckets, other.buckets).map(&+), sum: one.sum &+ other.sum)
    }
}
