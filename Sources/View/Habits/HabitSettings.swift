public import History
public import Model

/// What is kept of what people do, and what is done with it.
public struct HabitSettings: Sendable {
    /// Files of which nothing is kept.
    public var exclusions: HistoryExclusions
    public var bounds: HistoryBounds
    /// Whether what habits expect is fetched before its time.
    public var warms: Bool
    /// Hours of the day in which nothing is fetched for habits' sake.
    public var quietHours: QuietHours?

    public init(
        exclusions: HistoryExclusions = HistoryExclusions(),
        bounds: HistoryBounds = HistoryBounds(), warms: Bool = true, quietHours: QuietHours? = nil
    ) {
        self.exclusions = exclusions
        self.bounds = bounds
        self.warms = warms
        self.quietHours = quietHours
    }
}
