/// What was known of a file at a moment of the past, and what came of it: a row of what forests learn from.
public struct TrainingSample: Equatable, Sendable {
    /// Of the moment: seconds since 1970.
    public var seconds: Int64
    /// What fetching the file would have cost.
    public var bytes: Int64
    public var features: FeatureVector
    /// What the rules said of ``wasRead`` then, 0 … 1; nil: nothing.
    public var rulesConfidence: Float?
    /// Whether it was read within the lookahead.
    public var wasRead: Bool
    /// Share of its bytes that was read then, 0 … 1; nil if none was.
    public var share: Float?
    /// Opens within a day; nil while that day is not over.
    public var opensNextDay: Float?
    /// How long it stayed unchanged; nil where nobody knows.
    public var validitySeconds: Float?

    public init(
        seconds: Int64, bytes: Int64, features: FeatureVector, rulesConfidence: Float? = nil,
        wasRead: Bool, share: Float? = nil, opensNextDay: Float? = nil,
        validitySeconds: Float? = nil
    ) {
        self.seconds = seconds
        self.bytes = bytes
        self.features = features
        self.rulesConfidence = rulesConfidence
        self.wasRead = wasRead
        self.share = share
        self.opensNextDay = opensNextDay
        self.validitySeconds = validitySeconds
    }
}
