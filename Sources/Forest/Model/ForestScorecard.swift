/// How the forest for ``ForestTarget/read`` did on samples that it had not seen, beside the rules and popularity.
///
/// *Equal bytes*: each ranks the judged samples, and takes the first of them until it has as many bytes as were read in
/// all; what share of these bytes was read is both its precision and its coverage. Rivals are the rules' confidence
/// and the number of opens so far.
public struct ForestScorecard: Equatable, Sendable {
    /// Figures of one who ranks or predicts; NaN is not known.
    public struct Figures: Equatable, Sendable {
        /// Mean squared difference between what was said and what happened (Brier 1950).
        public var brier: Double
        /// Probability that something read is ranked before something not read.
        public var areaUnderCurve: Double
        /// Share of the bytes at equal bytes.
        public var byteShare: Double

        public init(brier: Double = .nan, areaUnderCurve: Double = .nan, byteShare: Double = .nan) {
            self.brier = brier
            self.areaUnderCurve = areaUnderCurve
            self.byteShare = byteShare
        }
    }

    public var samples: UInt32
    public var reads: UInt32
    public var forest: Figures
    public var rules: Figures
    public var popularity: Figures
    /// Of who says of everything what was the mean of the learned samples.
    public var brierOfMean: Double
    /// Mean difference between what was said and what happened, by tenths of what was said (expected calibration error).
    public var calibrationError: Double
    /// Byte share of the forest less that of its best rival: mean over consecutive parts of the judged time, and the
    /// standard error of that mean.
    public var advantage: Double
    public var advantageError: Double

    public init(
        samples: UInt32 = 0, reads: UInt32 = 0, forest: Figures = Figures(),
        rules: Figures = Figures(), popularity: Figures = Figures(), brierOfMean: Double = .nan,
        calibrationError: Double = .nan, advantage: Double = .nan, advantageError: Double = .nan
    ) {
        self.samples = samples
        self.reads = reads
        self.forest = forest
        self.rules = rules
        self.popularity = popularity
        self.brierOfMean = brierOfMean
        self.calibrationError = calibrationError
        self.advantage = advantage
        self.advantageError = advantageError
    }

    /// Reads below which no comparison means anything.
    public static let readsMin: UInt32 = 20

    /// Whether the forest decides; else the rules do.
    ///
    /// It has to say probabilities better than the mean and the rules do, and bring more of what is read at equal bytes
    /// than either rival, by more than the standard error. A figure that is not known is no proof.
    public var isBetter: Bool {
        reads >= Self.readsMin && forest.brier < brierOfMean && forest.brier < rules.brier
            && advantage > advantageError && advantage > 0
    }
}
