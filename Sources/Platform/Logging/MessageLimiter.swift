/// Bounds how often messages of one kind are let through: a token bucket for each kind. A pure value; told the time.
///
/// A NAS that stays away, or comes and goes, says the same things for days. Each kind may say ``burst`` things at
/// once and one more per ``refill``; what is left out is counted and told when the kind may speak again.
struct MessageLimiter: Sendable {
    /// Messages of one kind in a row, at most.
    static let burst = 5
    /// Time that it takes to earn one more. With ``burst``: 1,445 lines a day from one kind, at most.
    static let refill = Duration.seconds(60)
    /// Kinds remembered. There are some twenty in the program; the one that spoke longest ago gives way.
    static let kindsMax = 128

    private struct Bucket {
        var tokens: Int
        /// Since when the next token is being earned.
        var earningSince: Duration
        var lastUse: Duration
        var leftOut = 0
        var level: LogRecord.Level
        var text: String
    }

    /// What was left out of one kind.
    struct LeftOut: Equatable {
        /// The last message of the kind.
        var text: String
        /// The gravest of them.
        var level: LogRecord.Level
        var count: Int
    }

    private var buckets: [String: Bucket] = [:]
    var kinds: Int { buckets.count }

    /// - Returns: whether the message goes out, and how many of its kind were left out before it.
    mutating func admit(
        _ kind: String, _ level: LogRecord.Level, _ text: String, now: Duration
    ) -> (admitted: Bool, leftOut: Int) {
        if buckets[kind] == nil { makeRoom() }
        var bucket =
            buckets[kind]
            ?? Bucket(
                tokens: Self.burst, earningSince: now, lastUse: now, level: level, text: text)
        Self.fill(&bucket, now: now)
        bucket.lastUse = now
        bucket.text = text
        defer { buckets[kind] = bucket }
        guard bucket.tokens > 0 else {
            bucket.level = bucket.leftOut == 0 ? level : min(bucket.level, level)
            bucket.leftOut += 1
            return (false, 0)
        }
        if bucket.tokens == Self.burst { bucket.earningSince = now }
        bucket.tokens -= 1
        defer { bucket.leftOut = 0 }
        return (true, bucket.leftOut)
    }

    /// What is to be told of kinds that have fallen silent: those that have earned a token since, or all.
    mutating func takeLeftOut(now: Duration, all: Bool = false) -> [LeftOut] {
        var found: [LeftOut] = []
        for kind in buckets.keys.sorted() {
            guard var bucket = buckets[kind], bucket.leftOut > 0 else { continue }
            Self.fill(&bucket, now: now)
            guard bucket.tokens > 0 || all else { continue }
            found.append(LeftOut(text: bucket.text, level: bucket.level, count: bucket.leftOut))
            bucket.tokens = max(0, bucket.tokens - 1)
            bucket.leftOut = 0
            buckets[kind] = bucket
        }
        return found
    }

    private static func fill(_ bucket: inout Bucket, now: Duration) {
        let earned = Int(max(0, (now - bucket.earningSince) / refill))
        guard earned > 0 else { return }
        bucket.tokens = min(burst, bucket.tokens + earned)
        bucket.earningSince += refill * earned
    }

    private mutating func makeRoom() {
        guard buckets.count >= Self.kindsMax,
            let oldest = buckets.min(by: { $0.value.lastUse < $1.value.lastUse })
        else { return }
        buckets[oldest.key] = nil
    }
}
