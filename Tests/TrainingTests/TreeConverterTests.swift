import Forest
import TestSupport
import Testing

@testable import Training

/// Our trees beside the library's own.
@Suite struct TreeConverterTests {
    private let columns: [Feature] = [.hour, .accessCount, .size, .networkLoad, .weekday]

    /// Numbers by chance with gaps, and a label that depends on some of them.
    private func data(
        rows: Int, _ random: inout SplitMix
    ) -> (values: [Float], labels: [Float]) {
        var values: [Float] = []
        var labels: [Float] = []
        for _ in 0..<rows {
            let row = columns.map { _ in
                random.unit() < 0.2 ? Float.nan : Float(random.unit() * 10)
            }
            values += row
            let sum = (row[0].isNaN ? 3 : row[0]) * (row[1].isNaN ? -1 : row[1])
            labels.append(sum + Float(random.unit()))
        }
        return (values, labels)
    }

    private func vector(_ row: ArraySlice<Float>) -> FeatureVector {
        var vector = FeatureVector()
        for (column, value) in zip(columns, row) { vector[column] = value }
        return vector
    }

    @Test func weSayWhatTheLibrarySays() throws {
        let seed = TestRun.seed
        var random = SplitMix(seed: seed)
        let (values, labels) = data(rows: 1000, &random)
        var settings = ForestSettings()
        settings.seed = seed
        let matrix = try XGBoostMatrix(values: values, columns: columns.count, labels: labels)
        let booster = try XGBoostBooster(
            matrix, parameters: settings.parameters(trees: 20, columns: columns.count))
        try booster.update(matrix)
        // As the library has grown them.
        var converter = TreeConverter(columns: columns, samplesToSplitMin: 0)
        let forest = try converter.forest(of: try booster.serialized())
        #expect(forest.treeCount == 20)
        #expect(forest.nodeCount > 2000)
        // Also of rows that it has not seen.
        let unseen = data(rows: 1000, &random).values
        for values in [values, unseen] {
            let theirs = try booster.predictions(
                for: try XGBoostMatrix(values: values, columns: columns.count, labels: []))
            for row in theirs.indices {
                let start = row * columns.count
                let ours = forest.value(for: vector(values[start..<(start + columns.count)]))
                // Labels go to a hundred: a relative difference.
                let difference = abs(ours - theirs[row]) / max(1, abs(theirs[row]))
                #expect(difference < 1e-5, "row \(row), seed \(seed)")
            }
        }
    }

    /// With all samples in each tree, a tree of two values is its labels' means.
    @Test func aLeafHasTheMeanOfItsSamples() throws {
        var settings = ForestSettings()
        settings.sampleShare = 1
        let matrix = try XGBoostMatrix(
            values: [1, 1, 1, 5, 5, 5, 5], columns: 1, labels: [0, 1, 0, 1, 1, 0, 1])
        let booster = try XGBoostBooster(
            matrix, parameters: settings.parameters(trees: 4, columns: 1))
        try booster.update(matrix)
        var converter = TreeConverter(columns: [.hour], samplesToSplitMin: 5)
        let forest = try converter.forest(of: try booster.serialized())
        var vector = FeatureVector()
        vector[.hour] = 1
        #expect(abs(forest.value(for: vector) - 1.0 / 3) < 1e-6)
        vector[.hour] = 5
        #expect(abs(forest.value(for: vector) - 3.0 / 4) < 1e-6)
        // Squared errors: 4 · 3/7 = 12/7 before, 2/3 + 3/4 after; the difference, in four trees.
        #expect(abs(converter.gains[0] - 4 * (12.0 / 7 - 2.0 / 3 - 0.75)) < 1e-3)
    }

    /// Four samples make two leaves of two, and are too few to split all the same.
    @Test func tooFewSamplesAreNotSplit() throws {
        var settings = ForestSettings()
        settings.sampleShare = 1
        let matrix = try XGBoostMatrix(
            values: [1, 1, 5, 5], columns: 1, labels: [0, 0, 1, 1])
        let booster = try XGBoostBooster(
            matrix, parameters: settings.parameters(trees: 4, columns: 1))
        try booster.update(matrix)
        let bytes = try booster.serialized()
        var converter = TreeConverter(columns: [.hour], samplesToSplitMin: 4)
        #expect(try converter.forest(of: bytes).nodeCount == 12)
        var stricter = TreeConverter(columns: [.hour], samplesToSplitMin: 5)
        let forest = try stricter.forest(of: bytes)
        #expect(forest.nodeCount == 4)
        #expect(abs(forest.value(for: FeatureVector()) - 0.5) < 1e-6)
        #expect(stricter.gains == [0])
    }

    @Test func whatIsNoModelIsRefused() {
        var converter = TreeConverter(columns: columns, samplesToSplitMin: 5)
        for bytes in [[], Array("{}".utf8), Array("{U".utf8)] {
            #expect(throws: XGBoostError.self) { try converter.forest(of: bytes) }
        }
        #expect(throws: XGBoostError.self) {
            try XGBoostMatrix(values: [1, 2, 3], columns: 2, labels: [])
        }
    }
}
