/// The buckets of a histogram: eight to each power of two, so that a value differs from its bucket's bound by an eighth at most,
/// however large it is; below eight, one for each value.
///
/// The layout of HdrHistogram and of Prometheus' native histograms (schema 3, with linear steps inside a power of two instead of
/// geometric ones), chosen since an index is made of a shift and an addition.
public enum LogLinearScale {
    private static let stepBits = 3
    private static let steps = 1 << stepBits
    /// In nanoseconds five hours, in bytes sixteen tebibytes: what is larger counts as this.
    private static let valueMax: UInt64 = (1 << 44) - 1

    typealias Buckets<Cell: ~Copyable> = InlineArray<336, Cell>

    public static var bucketCount: Int { Buckets<Int>.count }

    public static func index(of value: UInt64) -> Int {
        let value = min(value, valueMax)
        guard value >= UInt64(steps) else { return Int(value) }
        let shift = UInt64.bitWidth - 1 - value.leadingZeroBitCount - stepBits
        return (shift << stepBits) + Int(value >> UInt64(shift))
    }

    /// The largest value of a bucket.
    public static func upperBound(of index: Int) -> UInt64 {
        guard index >= steps else { return UInt64(index) }
        let shift = (index >> stepBits) - 1
        let mantissa = UInt64(index - (shift << stepBits))
        return ((mantissa + 1) << UInt64(shift)) - 1
    }
}
