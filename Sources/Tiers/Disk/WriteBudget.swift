import Model

/// How much may be written to a disk that wears: what a day may have, as a bucket that holds a day's worth and fills at a steady rate.
///
/// It is full at the start. A pure value.
struct WriteBudget: Sendable {
    /// What scanners may not touch: the rest is for what people read.
    private static let reserve = 0.5
    private static let day = Duration.seconds(86400)

    private var spent: Double = 0
    private var asOf: Duration

    init(at now: Duration) {
        asOf = now
    }

    /// - Parameters:
    ///   - bytes: to be written.
    ///   - perDay: bytes; 0: there is no bound, and nothing is counted.
    ///   - now: monotonic.
    /// - Returns: whether they may be.
    mutating func take(
        _ bytes: Int, perDay: Int64, priority: Priority, at now: Duration
    ) -> Bool {
        guard perDay > 0 else { return true }
        let filled = Double(perDay) * ((now - asOf) / Self.day)
        asOf = now
        spent = max(0, spent - filled)
        let most = Double(perDay) * (priority == .low ? 1 - Self.reserve : 1)
        guard spent + Double(bytes) <= most else { return false }
        spent += Double(bytes)
        return true
    }
}
