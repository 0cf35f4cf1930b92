/// A forest for one target, and what is known of it.
public struct TrainedForest: Equatable, Sendable {
    public struct Importance: Equatable, Sendable {
        public var feature: Feature
        /// What the feature's splits have taken off the squared error, as a part of what the most important one's have:
        /// 0 … 1.
        public var value: Float

        public init(feature: Feature, value: Float) {
            self.feature = feature
            self.value = value
        }
    }

    public let forest: RandomForest
    public let calibration: Calibration
    /// Of the features that it was trained with, the most important first.
    public let importances: [Importance]
    /// Mean squared error on the judged samples: its own, and that of the mean of the learned ones.
    public let error: Double
    public let errorOfMean: Double

    public init(
        forest: RandomForest, calibration: Calibration, importances: [Importance],
        error: Double, errorOfMean: Double
    ) {
        self.forest = forest
        self.calibration = calibration
        self.importances = importances
        self.error = error
        self.errorOfMean = errorOfMean
    }
}
