/// One figure of what the daemon counts, as `larder status --json` prints it.
///
/// Named as OpenMetrics has it: `larder_…_seconds` in seconds, `larder_…_bytes` in bytes. Histograms are given by their quantiles, which
/// are too large by an eighth at most.
public struct MetricStatus: Codable, Hashable, Sendable {
    public var name: String
    /// What it is of, as `operation` to `read`.
    public var labels: [String: String]
    /// Of a counter or gauge.
    public var value: Double?
    /// Of a histogram, with all that follow.
    public var count: UInt64?
    public var sum: Double?
    public var median: Double?
    public var p90: Double?
    public var p99: Double?
    public var max: Double?

    public init(name: String, labels: [String: String], value: Double? = nil) {
        self.name = name
        self.labels = labels
        self.value = value
    }
}
