public import Metrics

/// What requests to the share cost. Threads: any, without a lock.
public struct ShareMetrics: Sendable {
    enum Outcome: Int, MetricLabel {
        case ok, error
        /// Its caller was told `ETIMEDOUT`, or did not get a lane in time.
        case late
    }

    private let waits: HistogramFamily<ShareScheduler.Urgency, Outcome>
    private let durations: HistogramFamily<ShareScheduler.Urgency, Outcome>
    private let sizes: HistogramFamily<ShareScheduler.Urgency, Outcome>

    public init(_ registry: MetricRegistry) {
        let (kind, outcome) = ("urgency", "outcome")
        waits = HistogramFamily(
            registry, "larder_share_wait_seconds",
            "From the submission of a request to the share to when it gets a lane.",
            unit: .seconds, kind: kind, outcome: outcome)
        durations = HistogramFamily(
            registry, "larder_share_duration_seconds",
            "How long requests to the share take on their lane.", unit: .seconds, kind: kind,
            outcome: outcome)
        sizes = HistogramFamily(
            registry, "larder_share_request_bytes",
            "Bytes that reads of the share ask for.", unit: .bytes, kind: kind, outcome: outcome)
    }

    /// - Parameters:
    ///   - submitted: monotonic, as all of them.
    ///   - started: nil where it never got a lane.
    func ended(
        _ urgency: ShareScheduler.Urgency, _ outcome: Outcome, bytes: Int, submitted: Duration,
        started: Duration?, at now: Duration
    ) {
        waits[urgency, outcome].record((started ?? now) - submitted)
        guard let started else { return }
        durations[urgency, outcome].record(now - started)
        if bytes > 0 { sizes[urgency, outcome].record(UInt64(bytes)) }
    }
}

extension ShareScheduler.Urgency: MetricLabel {}
