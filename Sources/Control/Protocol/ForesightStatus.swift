/// What Foresight sees and how well it does, as part of a ``StatusReport``.
public struct ForesightStatus: Codable, Hashable, Sendable {
    /// `aggressive`, `balanced`, `conservative`.
    public var strategy: String
    /// Chosen by the user; else it moves by itself.
    public var pinned: Bool
    /// Why less is fetched ahead at the moment, in words; nil while nothing holds it back.
    public var restraint: String?
    /// Bytes per second that may be fetched ahead now; nil for no limit.
    public var limitBytesPerSecond: Int64?
    /// Share of the reads in the sliding window whose bytes were there before they were asked for.
    public var coverage: Double
    /// Bytes from the share over bytes that readers wanted from it.
    public var trafficRatio: Double
    /// Newest first.
    public var streams: [StreamStatus]
    public var scores: [ScoreStatus]

    public init(
        strategy: String, pinned: Bool = false, restraint: String? = nil,
        limitBytesPerSecond: Int64? = nil, coverage: Double = 0, trafficRatio: Double = 1,
        streams: [StreamStatus] = [], scores: [ScoreStatus] = []
    ) {
        self.strategy = strategy
        self.pinned = pinned
        self.restraint = restraint
        self.limitBytesPerSecond = limitBytesPerSecond
        self.coverage = coverage
        self.trafficRatio = trafficRatio
        self.streams = streams
        self.scores = scores
    }
}
