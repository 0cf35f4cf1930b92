import Testing

@testable import Forest

@Suite struct ForestScorecardTests {
    private let good = ForestScorecard(
        samples: 500, reads: 50,
        forest: ForestScorecard.Figures(brier: 0.05, areaUnderCurve: 0.9, byteShare: 0.7),
        rules: ForestScorecard.Figures(brier: 0.2, areaUnderCurve: 0.7, byteShare: 0.5),
        popularity: ForestScorecard.Figures(areaUnderCurve: 0.6, byteShare: 0.4),
        brierOfMean: 0.09, calibrationError: 0.01, advantage: 0.2, advantageError: 0.05)

    @Test func onlyWhoIsBetterInEverythingDecides() {
        #expect(good.isBetter)
        let worse: [(inout ForestScorecard) -> Void] = [
            { $0.reads = 19 },
            { $0.forest.brier = 0.1 },
            { $0.rules.brier = 0.04 },
            // Within what chance does.
            { $0.advantage = 0.04 },
            { $0.advantage = -0.2 },
            // Nobody knows.
            { $0.advantage = .nan },
            { $0.advantageError = .nan },
            { $0.forest.brier = .nan },
            { $0.brierOfMean = .nan },
        ]
        for (index, change) in worse.enumerated() {
            var card = good
            change(&card)
            #expect(!card.isBetter, "change \(index)")
        }
        #expect(!ForestScorecard().isBetter)
    }
}
