import Model

/// What may still be fetched ahead under a limit of bytes per second: a token bucket.
///
/// What a request takes beyond what is there is owed, so that over any time t no more than `rate × t`, ``depth`` and one
/// request are asked for. Demand takes nothing from it and never waits for it.
struct PrefetchAllowance: Sendable {
    /// Saved up at most: what comes in a second, and a first window.
    static let depthMin = ByteCount.mebibytes(1)

    /// Bytes per second; nil for no limit.
    private(set) var rate: ByteCount?
    private var saved: Double = 0
    private var filledAt = Duration.zero

    var depth: Double { Double(max(rate ?? Self.depthMin, Self.depthMin).bytes) }

    /// A new limit starts with what the old one had left, or full where there was none.
    mutating func setRate(_ rate: ByteCount?, at now: Duration) {
        fill(at: now)
        let wasFree = self.rate == nil
        self.rate = rate
        saved = wasFree ? depth : min(saved, depth)
    }

    mutating func fill(at now: Duration) {
        defer { filledAt = max(filledAt, now) }
        guard let rate, now > filledAt else { return }
        let seconds = (now - filledAt) / .seconds(1)
        saved = min(depth, saved + seconds * Double(rate.bytes))
    }

    /// Bytes; never negative, `Int64.max` without a limit.
    var left: Int64 { rate == nil ? .max : Int64(max(0, saved)) }

    mutating func take(_ bytes: Int64) {
        if rate != nil { saved -= Double(bytes) }
    }

    /// What was taken turned out to be there already.
    mutating func giveBack(_ bytes: Int64) {
        if rate != nil { saved = min(depth, saved + Double(bytes)) }
    }
}
