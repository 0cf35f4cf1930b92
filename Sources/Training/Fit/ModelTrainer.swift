import Forest

/// Makes a model of samples: a forest for each target, calibrated and judged on samples that came later than those that it
/// learned from.
///
/// The samples are split by time (``TimeSplit``). The forest for reads is needed; another target of which too few samples
/// say anything goes without. Everything follows from the samples and the seed: the same ones make the same model.
struct ModelTrainer {
    /// Samples below which nothing is learned.
    static let samplesMin = 1000
    /// Labelled samples in each part that another target needs.
    static let labelsMin = 100
    /// How much later it is known how often a file was opened.
    private static let popularitySeconds: Int64 = 86_400

    enum Outcome: Equatable {
        case trained(ForestModel)
        /// Too few samples, or none of both kinds; with words for it.
        case tooFew(String)
    }

    let settings: ForestSettings
    let lookaheadSeconds: Int64

    func train(_ table: TrainingTable) throws(XGBoostError) -> Outcome {
        guard table.count >= Self.samplesMin else {
            return .tooFew("\(table.count) samples, and \(Self.samplesMin) are needed")
        }
        let split = TimeSplit(seconds: table.seconds, embargoSeconds: lookaheadSeconds)
        for part in [split.learn, split.calibrate, split.judge] {
            let reads = part.count { table.wasRead[$0] }
            guard reads > 0, reads < part.count else {
                return .tooFew(
                    "\(reads) of \(part.count) samples of a part were read, from which nothing is learned"
                )
            }
        }
        guard let read = try train(table, .read), let first = table.seconds.first,
            let last = table.seconds.last
        else { return .tooFew("too few samples with an outcome") }
        var forests: [ForestTarget: TrainedForest] = [.read: read]
        for target in ForestTarget.allCases where target != .read {
            forests[target] = try train(table, target)
        }
        let said = split.judge.map { row in
            read.calibration.probability(of: Double(read.forest.value(for: table.vector(row))))
        }
        let mean =
            Double(split.learn.count { table.wasRead[$0] }) / Double(max(1, split.learn.count))
        return .trained(
            ForestModel(
                lookaheadSeconds: lookaheadSeconds,
                window: TrainingWindow(
                    first: first, last: last, learned: UInt32(split.learn.count),
                    calibrated: UInt32(split.calibrate.count), judged: UInt32(split.judge.count)),
                scorecard: ReadJudge.scorecard(table, rows: split.judge, said: said, mean: mean),
                forests: forests))
    }

    /// - Returns: nil where too few samples say anything of the target.
    private func train(
        _ table: TrainingTable, _ target: ForestTarget
    ) throws(XGBoostError) -> TrainedForest? {
        let embargo =
            target == .popularity
            ? max(lookaheadSeconds, Self.popularitySeconds) : lookaheadSeconds
        let split = TimeSplit(seconds: table.seconds, embargoSeconds: embargo)
        let learn = table.labelled(split.learn, target)
        let judge = table.labelled(split.judge, target)
        guard min(learn.rows.count, judge.rows.count) >= Self.labelsMin,
            Feature.allCases.contains(where: { table.varies($0, rows: learn.rows) })
        else { return nil }
        let fit = try ForestFit(table, rows: learn.rows, labels: learn.labels, settings)
        let value = { (row: Int) in Double(fit.forest.value(for: table.vector(row))) }
        var calibration = Calibration.identity
        if target == .read {
            let samples = table.labelled(split.calibrate, target)
            calibration = CalibrationChoice.best(
                zip(samples.rows, samples.labels).map { (value($0), Double($1)) })
        }
        let said = judge.rows.map { row in
            target == .read ? calibration.probability(of: value(row)) : value(row)
        }
        let happened = judge.labels.map(Double.init)
        let mean = learn.labels.reduce(0) { $0 + Double($1) } / Double(learn.labels.count)
        return TrainedForest(
            forest: fit.forest, calibration: calibration, importances: fit.importances,
            error: PredictionScore.squaredError(said, happened),
            errorOfMean: PredictionScore.squaredError(
                Array(repeating: mean, count: happened.count), happened))
    }
}
