public import Model

/// What is known of a file at a moment besides its own history; nil is not known.
public struct Surroundings: Sendable, Equatable {
    /// What the detectors say, 0 … 1.
    public var sequentialConfidence: Double?
    public var burstConfidence: Double?
    public var periodicConfidence: Double?
    /// When the rules expect it: seconds until the middle of that time, and its standard deviation.
    public var secondsUntilDue: Double?
    public var dueDeviation: Double?
    /// Use of the machine, 0 … 1.
    public var memoryLoad: Double?
    public var processorLoad: Double?
    public var diskLoad: Double?
    public var networkLoad: Double?
    public var priority: Priority?
    /// Bytes.
    public var size: Int64?
    /// How it was read the last time.
    public var isSequential: Bool?
    public var wasPrefetched: Bool?
    /// Opens in its folder.
    public var folderOpensLastHour: Int?
    public var folderOpensLastDay: Int?
    public var isNextInSeries: Bool?
    /// Since another file of its folder was opened.
    public var secondsSinceSibling: Double?

    public init() {}
}
