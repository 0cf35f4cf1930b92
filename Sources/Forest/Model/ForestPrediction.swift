/// What the forests say of a file at a moment; nil where there is no forest for it.
public struct ForestPrediction: Equatable, Sendable {
    /// That it is read within the lookahead, 0 … 1.
    public var probability: Double?
    /// Of its bytes, 0 … 1, if it is read.
    public var share: Double?
    /// Opens within the next day.
    public var opensNextDay: Double?
    /// How long it stays unchanged.
    public var validitySeconds: Double?

    public init(
        probability: Double? = nil, share: Double? = nil, opensNextDay: Double? = nil,
        validitySeconds: Double? = nil
    ) {
        self.probability = probability
        self.share = share
        self.opensNextDay = opensNextDay
        self.validitySeconds = validitySeconds
    }
}
