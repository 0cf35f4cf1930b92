import Model

/// What may still be fetched ahead under a limit of bytes per second: a token bucket.
///
/// What a request takes beyond what is there is owed, so that over any time t no more than `rate × t`, ``depth`` and one
/// request are asked for. Demand takes nothing from it and never waits for it. What no reader waits for, nor will soon (what is
/// pinned, or warms the cache), takes from it as well, and leaves half of ``depth`` to what is fetched ahead of readers.
struct PrefetchAllowance: Sendable {
    /// Saved up at most: what comes in a second, and a first window.
    static let depthMin = ByteCount.mebibytes(1)

    /// Bytes per second; nil for no limit.
    private(set) var rate: ByteCount?
    private var saved: Double = 0
    private var filledAt = Duration.zero
    /// Bytes that were begun in the background: how many of them the share is asked for shows at the end.
    private var pending: Int64 = 0

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

    // MARK: - In the background

    /// Begins something that no reader waits for; ``end(_:fetched:)`` follows.
    ///
    /// - Parameter bytes: that it may fetch.
    /// - Returns: nil where it is begun; else when to ask again, if nothing else is fetched meanwhile.
    mutating func begin(_ bytes: Int64) -> Duration? {
        if let rate {
            let missing = Double(pending) + depth / 2 - saved
            guard missing <= 0 else { return .seconds(missing / Double(rate.bytes)) }
        }
        pending += bytes
        return nil
    }

    /// - Parameter fetched: of these bytes, those that the share was asked for.
    mutating func end(_ bytes: Int64, fetched: Int64) {
        pending -= bytes
        take(fetched)
    }
}
