import Glibc

/// Random forests that were trained elsewhere, as the filesystem uses them.
///
/// A process of its own (`larder-train`) makes a model of samples of the past and writes it into a file, which
/// ``ForestModelFile`` reads. The model is data and nothing else: each tree is checked when it is read, and a walk
/// through it can neither leave its nodes nor go on for ever. Features that a file knows by names are matched to
/// ``Feature``; a file with others is refused. Whether the model decides anything is what ``ForestScorecard/isBetter``
/// says; until then, and without a model, the rules decide alone.
///
/// Threads: any; a value that does not change.
public struct ForestModel: Equatable, Sendable {
    /// What ``ForestTarget/read`` looks ahead, in seconds.
    public let lookaheadSeconds: Int64
    public let window: TrainingWindow
    public let scorecard: ForestScorecard
    /// In the order of ``ForestTarget``; nil where there were too few samples.
    let forests: [TrainedForest?]

    public init(
        lookaheadSeconds: Int64, window: TrainingWindow, scorecard: ForestScorecard,
        forests: [ForestTarget: TrainedForest]
    ) {
        self.lookaheadSeconds = lookaheadSeconds
        self.window = window
        self.scorecard = scorecard
        self.forests = ForestTarget.allCases.map { forests[$0] }
    }

    public subscript(target: ForestTarget) -> TrainedForest? { forests[Int(target.rawValue)] }

    /// All that the model says of a file. A few microseconds for each forest.
    public func prediction(for vector: FeatureVector) -> ForestPrediction {
        ForestPrediction(
            probability: value(.read, vector),
            share: value(.share, vector),
            opensNextDay: value(.popularity, vector).map { max(0, expm1($0)) },
            validitySeconds: value(.validity, vector).map { max(0, expm1($0)) })
    }

    /// That the file is read within the lookahead; nil without a forest for it.
    public func probability(for vector: FeatureVector) -> Double? { value(.read, vector) }

    private func value(_ target: ForestTarget, _ vector: FeatureVector) -> Double? {
        guard let trained = self[target] else { return nil }
        let value = Double(trained.forest.value(for: vector))
        switch target {
        case .read: return trained.calibration.probability(of: value)
        case .share: return min(1, max(0, value))
        case .popularity, .validity: return value
        }
    }
}
