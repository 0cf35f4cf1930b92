/// A file that is expected, when, and why.
public struct HabitCandidate: Sendable, Equatable {
    public var file: UInt64
    /// That it will be opened on the occasion that is meant: 0 ... 1.
    public var probability: Double
    /// Seconds since 1970: a standard deviation before and after the time at which it is expected.
    public var window: ClosedRange<Int64>
    /// That the open falls into the span that was asked for, given that it comes: 0 ... 1.
    public var shareInSpan: Double
    /// Bytes from its head that are usually read; nil where nothing is known: as much as its type says.
    public var bytes: Int64?
    public var detection: Detection

    public init(
        file: UInt64, probability: Double, window: ClosedRange<Int64>, shareInSpan: Double,
        bytes: Int64?, detection: Detection
    ) {
        self.file = file
        self.probability = probability
        self.window = window
        self.shareInSpan = shareInSpan
        self.bytes = bytes
        self.detection = detection
    }
}
