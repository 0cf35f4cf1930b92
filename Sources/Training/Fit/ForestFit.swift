import Forest

/// Grows a forest, first of a few trees on all features, and then of all trees on those that were worth something.
///
/// A feature's importance is what its splits have taken off the squared error, as a part of what the most important one's
/// have (as a part of the sum it would depend on how many features there are). Those under ``importanceMin`` are left
/// out, but ``featuresMin`` stay.
struct ForestFit {
    static let importanceMin: Float = 0.05
    static let featuresMin = 3

    let forest: RandomForest
    /// The most important first.
    let importances: [TrainedForest.Importance]

    init(
        _ table: TrainingTable, rows: [Int], labels: [Float], _ settings: ForestSettings
    ) throws(XGBoostError) {
        let varying = Feature.allCases.filter { table.varies($0, rows: rows) }
        guard !varying.isEmpty, !rows.isEmpty else {
            throw XGBoostError("no feature in which the samples differ")
        }
        var kept = varying
        if varying.count > Self.featuresMin {
            let first = try Self.grow(
                table, rows, labels, varying, settings, trees: settings.treesToSelect)
            kept = Self.selected(first.importances, of: varying)
        }
        let grown = try Self.grow(table, rows, labels, kept, settings, trees: settings.trees)
        forest = grown.forest
        importances = grown.importances
    }

    /// - Returns: those worth keeping, in the order of ``Feature``.
    static func selected(
        _ importances: [TrainedForest.Importance], of features: [Feature]
    ) -> [Feature] {
        let worth = importances.prefix { $0.value >= importanceMin }
        let kept = Set(importances.prefix(max(worth.count, featuresMin)).map(\.feature))
        return features.filter { kept.contains($0) }
    }

    private static func grow(
        _ table: TrainingTable, _ rows: [Int], _ labels: [Float], _ columns: [Feature],
        _ settings: ForestSettings, trees: Int
    ) throws(XGBoostError) -> (forest: RandomForest, importances: [TrainedForest.Importance]) {
        let bytes = try {
            () throws(XGBoostError) in
            let matrix = try XGBoostMatrix(
                values: table.values(rows: rows, columns: columns), columns: columns.count,
                labels: labels)
            let booster = try XGBoostBooster(
                matrix, parameters: settings.parameters(trees: trees, columns: columns.count))
            try booster.update(matrix)
            // The library's memory is given back before the trees are read.
            return try booster.serialized()
        }()
        var converter = TreeConverter(
            columns: columns, samplesToSplitMin: settings.samplesToSplitMin)
        let forest = try converter.forest(of: bytes)
        return (forest, importances(columns, converter.gains))
    }

    static func importances(
        _ columns: [Feature], _ gains: [Double]
    ) -> [TrainedForest.Importance] {
        let most = gains.max() ?? 0
        let values = zip(columns, gains).map { column, gain in
            TrainedForest.Importance(
                feature: column, value: most > 0 ? Float(max(0, gain) / most) : 0)
        }
        return values.sorted {
            ($1.value, $0.feature.rawValue) < ($0.value, $1.feature.rawValue)
        }
    }
}
