import Forest

/// Holds the forest for reads against the rules and against popularity, on samples that it has not seen.
enum ReadJudge {
    /// Consecutive parts of the judged time over which the advantage is measured.
    private static let parts = 10

    /// - Parameters:
    ///   - said: the forest's probability for each row.
    ///   - mean: of the labels that were learned.
    static func scorecard(
        _ table: TrainingTable, rows: Range<Int>, said: [Double], mean: Double
    ) -> ForestScorecard {
        let happened = rows.map { table.wasRead[$0] }
        let labels = happened.map { $0 ? 1.0 : 0 }
        let rules = rows.map { Double(table.rules[$0]) }
        let opens = rows.map { row in
            let count = table[row, .accessCount]
            return count.isNaN ? 0 : Double(count)
        }
        let bytes = rows.map { Double(table.bytes[$0]) }
        let share = { (scores: [Double], part: Range<Int>) in
            EqualBytes.share(
                part.map { index in
                    EqualBytes.Item(
                        score: scores[index], bytes: bytes[index], wasRead: happened[index])
                })
        }
        let whole = said.indices
        var card = ForestScorecard(
            samples: UInt32(said.count), reads: UInt32(happened.count { $0 }))
        card.forest = figures(said, labels, happened, share(said, whole))
        card.rules = figures(rules, labels, happened, share(rules, whole))
        card.popularity = figures(opens, labels, happened, share(opens, whole))
        // A count is no probability.
        card.popularity.brier = .nan
        card.brierOfMean = PredictionScore.squaredError(
            Array(repeating: mean, count: said.count), labels)
        card.calibrationError = PredictionScore.calibrationError(said, happened)
        let rival = card.rules.byteShare >= card.popularity.byteShare ? rules : opens
        var differences: [Double] = []
        for part in 0..<parts {
            let range = (said.count * part / parts)..<(said.count * (part + 1) / parts)
            guard let own = share(said, range), let other = share(rival, range) else { continue }
            differences.append(own - other)
        }
        (card.advantage, card.advantageError) = PredictionScore.mean(differences)
        return card
    }

    private static func figures(
        _ said: [Double], _ labels: [Double], _ happened: [Bool], _ share: Double?
    ) -> ForestScorecard.Figures {
        ForestScorecard.Figures(
            brier: PredictionScore.squaredError(said, labels),
            areaUnderCurve: PredictionScore.areaUnderCurve(said, happened),
            byteShare: share ?? .nan)
    }
}
