import Glibc

/// Figures of who says probabilities, or ranks.
enum PredictionScore {
    /// Mean squared error; for probabilities the Brier score.
    static func squaredError(_ said: [Double], _ happened: [Double]) -> Double {
        guard !said.isEmpty else { return .nan }
        return zip(said, happened).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
            / Double(said.count)
    }

    /// Probability that something that happened is ranked before something that did not, ties by half (Mann and
    /// Whitney 1947); NaN where only one of both is there.
    static func areaUnderCurve(_ scores: [Double], _ happened: [Bool]) -> Double {
        let order = scores.indices.sorted { scores[$0] < scores[$1] }
        var ranks = 0.0
        var index = 0
        while index < order.count {
            var end = index
            while end < order.count, scores[order[end]] == scores[order[index]] { end += 1 }
            // Ranks from 1; all of a tie have their mean.
            let rank = Double(index + 1 + end) / 2
            for place in index..<end where happened[order[place]] { ranks += rank }
            index = end
        }
        let positive = Double(happened.count { $0 })
        let negative = Double(happened.count) - positive
        guard positive > 0, negative > 0 else { return .nan }
        return (ranks - positive * (positive + 1) / 2) / (positive * negative)
    }

    /// Expected calibration error: by tenths of what was said, the difference between its mean and what happened, weighted
    /// by how many there are.
    static func calibrationError(_ said: [Double], _ happened: [Bool]) -> Double {
        guard !said.isEmpty else { return .nan }
        var sums = [Double](repeating: 0, count: 10)
        for (probability, didHappen) in zip(said, happened) {
            let tenth = min(9, max(0, Int(probability * 10)))
            sums[tenth] += probability - (didHappen ? 1 : 0)
        }
        return sums.reduce(0) { $0 + abs($1) } / Double(said.count)
    }

    /// Mean of differences, and the standard error of that mean; NaN for too few.
    static func mean(_ differences: [Double]) -> (mean: Double, error: Double) {
        let count = Double(differences.count)
        guard differences.count > 2 else { return (.nan, .nan) }
        let mean = differences.reduce(0, +) / count
        let squares = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return (mean, (squares / (count - 1) / count).squareRoot())
    }
}
