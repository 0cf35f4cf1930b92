/// The normal distribution's cumulative function.
enum NormalDistribution {
    /// Share of the distribution below `z` standard deviations; error under 1.5e-7 · ½ (Abramowitz and Stegun 7.1.26).
    static func below(_ z: Double) -> Double {
        guard z.isFinite else { return z > 0 ? 1 : 0 }
        let x = min(6, abs(z) / 2.0.squareRoot())
        let t = 1 / (1 + 0.3275911 * x)
        let series =
            ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t
                + 0.254829592) * t
        let tail = series * NaturalLogarithm.inverse(-x * x) / 2
        return z < 0 ? tail : 1 - tail
    }
}
