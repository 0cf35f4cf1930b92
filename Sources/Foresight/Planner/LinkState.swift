/// The way to the share, as measured while running.
public struct LinkState: Sendable, Equatable {
    /// From a request to its first byte; zero until measured.
    public var roundTrip: Duration
    /// Bytes per second with many requests under way; 0 until measured.
    public var bandwidth: Double

    public init(roundTrip: Duration = .zero, bandwidth: Double = 0) {
        self.roundTrip = roundTrip
        self.bandwidth = bandwidth
    }
}

/// How much of the machine is in use, each 0 ... 1; nil where it cannot be told. How busy the network is shows in
/// ``LinkState``: its round trip against what that was at its best.
public struct Pressure: Sendable, Equatable {
    public var memory: Double?
    public var processor: Double?
    public var disk: Double?
    /// What time it is where the user is, in minutes since midnight: limits may go by it.
    public var minuteOfDay: Int?

    public init(
        memory: Double? = nil, processor: Double? = nil, disk: Double? = nil,
        minuteOfDay: Int? = nil
    ) {
        self.memory = memory
        self.processor = processor
        self.disk = disk
        self.minuteOfDay = minuteOfDay
    }
}
