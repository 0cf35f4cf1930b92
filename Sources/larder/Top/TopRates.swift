import Control

/// What happened between two statuses of one daemon, per second.
struct TopRates: Equatable {
    struct Tier: Equatable {
        var servedBytes: Double
        var hits: Double
        /// Of the reads in between; nil without any.
        var hitRatio: Double?
    }

    var shareBytes: Double
    var shareReads: Double
    /// Fetched ahead.
    var aheadBytes: Double
    /// By name.
    var tiers: [String: Tier] = [:]

    /// nil when they are not of one daemon, or not one after the other.
    init?(from before: StatusReport?, to now: StatusReport?) {
        guard let before, let now, before.pid == now.pid else { return nil }
        let seconds = now.uptimeSeconds - before.uptimeSeconds
        guard seconds > 0 else { return nil }
        func rate(_ from: Int64, _ to: Int64) -> Double {
            max(0, Double(to) - Double(from)) / seconds
        }
        shareBytes = rate(before.share.bytes, now.share.bytes)
        shareReads = rate(before.share.reads, now.share.reads)
        aheadBytes = rate(before.readahead.issuedBytes, now.readahead.issuedBytes)
        for tier in now.tiers {
            guard let old = before.tiers.first(where: { $0.name == tier.name }) else { continue }
            let hits = rate(old.hits, tier.hits)
            let all = hits + rate(old.misses, tier.misses)
            tiers[tier.name] = Tier(
                servedBytes: rate(old.servedBytes, tier.servedBytes), hits: hits,
                hitRatio: all > 0 ? hits / all : nil)
        }
    }
}
