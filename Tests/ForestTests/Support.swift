import Model
import Platform
import TestSupport
import Testing

@testable import Forest

extension SplitMix {
    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// Values of all sizes, a fifth of them missing.
    mutating func vector() -> FeatureVector {
        var vector = FeatureVector()
        for feature in Feature.allCases where unit() > 0.2 {
            vector[feature] = Float((unit() - 0.5) * 100)
        }
        return vector
    }

    /// A tree with so many splits, each put in place of a leaf by chance.
    mutating func tree(splits: Int) -> DecisionTree? {
        var nodes: [TreeNode] = [.leaf(Float(unit()))]
        for _ in 0..<splits {
            let leaves = nodes.indices.filter { nodes[$0].isLeaf }
            let leaf = leaves[Int(next() % UInt64(leaves.count))]
            nodes[leaf] = TreeNode(
                value: Float((unit() - 0.5) * 100), leftChild: UInt16(nodes.count),
                feature: UInt8(next() % UInt64(Feature.count)), missingGoesLeft: UInt8(next() % 2))
            nodes += [.leaf(Float(unit())), .leaf(Float(unit()))]
        }
        return DecisionTree(nodes: nodes)
    }

    mutating func model(trees: Int, splits: Int) throws -> ForestModel {
        var forests: [ForestTarget: TrainedForest] = [:]
        let calibrations: [Calibration?] = [
            IsotonicCurve(points: [
                IsotonicCurve.Point(value: 0, probability: 0.1),
                IsotonicCurve.Point(value: 4, probability: 0.9),
            ]).map { .isotonic($0) },
            LogisticCurve(slope: 0.5, offset: 0.25).map { .logistic($0) },
        ]
        for (target, calibration) in zip([ForestTarget.read, .validity], calibrations) {
            let grown = (0..<trees).compactMap { _ in tree(splits: splits) }
            forests[target] = TrainedForest(
                forest: try #require(RandomForest(trees: grown)),
                calibration: try #require(calibration),
                importances: [
                    TrainedForest.Importance(feature: .hour, value: 1),
                    TrainedForest.Importance(feature: .size, value: 0.25),
                ], error: 0.125, errorOfMean: 0.25)
        }
        return ForestModel(
            lookaheadSeconds: 300,
            window: TrainingWindow(
                first: 1_700_000_000, last: 1_700_086_400, learned: 600, calibrated: 200,
                judged: 190),
            scorecard: ForestScorecard(
                samples: 190, reads: 40,
                forest: ForestScorecard.Figures(
                    brier: 0.1, areaUnderCurve: 0.9, byteShare: 0.8),
                rules: ForestScorecard.Figures(
                    brier: 0.2, areaUnderCurve: 0.7, byteShare: 0.5),
                popularity: ForestScorecard.Figures(
                    brier: 0.5, areaUnderCurve: 0.6, byteShare: 0.4),
                brierOfMean: 0.15, calibrationError: 0.02, advantage: 0.3, advantageError: 0.05),
            forests: forests)
    }
}
