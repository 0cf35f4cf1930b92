import Metrics

/// How long a tier takes to bring blocks. Threads: any, without a lock.
struct TierMetrics: Sendable {
    private let (hits, parts, misses): (Histogram, Histogram, Histogram)

    /// - Parameter tier: its name.
    init(_ registry: MetricRegistry, _ tier: String) {
        let histogram = { (outcome: String) in
            registry.histogram(
                "larder_tier_load_seconds", "From the question to a tier to its answer.",
                unit: .seconds, labels: [.init("tier", tier), .init("outcome", outcome)])
        }
        (hits, parts, misses) = (histogram("hit"), histogram("part"), histogram("miss"))
    }

    /// - Parameters:
    ///   - wanted: blocks that it was asked for; of 0 nothing is counted.
    ///   - found: those that it brought.
    func loaded(wanted: Int, found: Int, took: Duration) {
        guard wanted > 0 else { return }
        (found == 0 ? misses : found < wanted ? parts : hits).record(took)
    }
}
