import Metrics
import Tiers

/// How long reads take, and how much they ask for, by where the last of their bytes came from. Threads: any, without a lock.
struct ReadMetrics: Sendable {
    enum Source: Int, MetricLabel {
        case memory, tier, share
    }

    enum Outcome: Int, MetricLabel {
        case ok, error
    }

    private let durations: HistogramFamily<Source, Outcome>
    private let sizes: HistogramFamily<Source, Outcome>

    init(_ registry: MetricRegistry) {
        durations = HistogramFamily(
            registry, "larder_read_duration_seconds",
            "From a read to its bytes.", unit: .seconds, kind: "source", outcome: "outcome")
        sizes = HistogramFamily(
            registry, "larder_read_bytes", "Bytes that reads ask for.", unit: .bytes,
            kind: "source", outcome: "outcome")
    }

    func answered(_ source: ReadAccount.Source, _ outcome: Outcome, size: Int, took: Duration) {
        let source = Source(source)
        durations[source, outcome].record(took)
        sizes[source, outcome].record(UInt64(size))
    }
}

extension ReadMetrics.Source {
    fileprivate init(_ source: ReadAccount.Source) {
        switch source {
        case .memory: self = .memory
        case .tier: self = .tier
        case .share: self = .share
        }
    }
}
