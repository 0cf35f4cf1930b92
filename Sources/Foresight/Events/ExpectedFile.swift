/// A file that somebody outside expects to be opened: by what is opened after what.
public struct ExpectedFile: Sendable {
    public var file: FileFacts
    /// Bytes at its head that will be read.
    public var bytes: Int64
    /// That it will be opened: 0 ... 1.
    public var probability: Double
    public var reason: PrefetchReason
    /// For a person: a clause without a full stop.
    public var because: String
    /// When, at the earliest and at the latest; monotonic.
    public var window: ClosedRange<Duration>

    public init(
        file: FileFacts, bytes: Int64, probability: Double, reason: PrefetchReason, because: String,
        window: ClosedRange<Duration>
    ) {
        self.file = file
        self.bytes = bytes
        self.probability = probability
        self.reason = reason
        self.because = because
        self.window = window
    }
}
