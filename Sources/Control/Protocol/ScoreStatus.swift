/// One row of the scorecard: what came of the predictions made for one reason. Bytes are those of the
/// last 1000 predictions.
public struct ScoreStatus: Codable, Hashable, Sendable {
    /// `sequential`, `backward`, `strided`, `container`, `sweep`, `series`, `sidecar`.
    public var reason: String
    public var predictions: Int
    public var issuedBytes: Int64
    /// There before they were asked for.
    public var usedInTimeBytes: Int64
    /// Asked for while they were still on their way.
    public var usedLateBytes: Int64
    /// Gone before anybody read them.
    public var unusedBytes: Int64
    public var inFlightBytes: Int64
    /// Used over issued without what is in flight; nil before anything is known.
    public var accuracy: Double?
    /// Predictions of which something was used, over those that ended.
    public var precision: Double?
    /// Used over what readers wanted and could have been fetched for this reason.
    public var recall: Double?
    /// `full`, `capped`, `capped hard`, `off`.
    public var standing: String

    public init(
        reason: String, predictions: Int, issuedBytes: Int64 = 0, usedInTimeBytes: Int64 = 0,
        usedLateBytes: Int64 = 0, unusedBytes: Int64 = 0, inFlightBytes: Int64 = 0,
        accuracy: Double? = nil, precision: Double? = nil, recall: Double? = nil,
        standing: String = "full"
    ) {
        self.reason = reason
        self.predictions = predictions
        self.issuedBytes = issuedBytes
        self.usedInTimeBytes = usedInTimeBytes
        self.usedLateBytes = usedLateBytes
        self.unusedBytes = unusedBytes
        self.inFlightBytes = inFlightBytes
        self.accuracy = accuracy
        self.precision = precision
        self.recall = recall
        self.standing = standing
    }
}
