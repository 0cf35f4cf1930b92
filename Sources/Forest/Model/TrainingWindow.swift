/// From which samples a model was made: in the order of time they were learned, then used to calibrate, then to judge.
public struct TrainingWindow: Equatable, Sendable {
    /// Seconds since 1970: of the first sample and the last.
    public var first: Int64
    public var last: Int64
    /// Samples of each part; what lay in the embargo between them is in none.
    public var learned: UInt32
    public var calibrated: UInt32
    public var judged: UInt32

    public init(first: Int64, last: Int64, learned: UInt32, calibrated: UInt32, judged: UInt32) {
        self.first = first
        self.last = last
        self.learned = learned
        self.calibrated = calibrated
        self.judged = judged
    }
}
