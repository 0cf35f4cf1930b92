import Forest

/// What the trainer says of a model on its standard output.
enum ModelReport {
    static func lines(_ model: ForestModel, leftOut: Int) -> [String] {
        let window = model.window
        let card = model.scorecard
        var lines = [
            "learned from \(window.learned) samples, calibrated by \(window.calibrated),"
                + " judged by \(window.judged)"
        ]
        if leftOut > 0 { lines.append("\(leftOut) older samples were left out") }
        for target in ForestTarget.allCases {
            guard let trained = model[target] else {
                lines.append("\(target): too few samples")
                continue
            }
            let features = trained.importances.prefix(5).map(\.feature.name)
            lines.append(
                "\(target): error \(text(trained.error)), of the mean \(text(trained.errorOfMean));"
                    + " by \(features.joined(separator: ", "))")
        }
        for (who, figures) in [
            ("forest", card.forest), ("rules", card.rules), ("popularity", card.popularity),
        ] {
            lines.append(
                "\(who): Brier \(text(figures.brier)), AUC \(text(figures.areaUnderCurve)),"
                    + " share at equal bytes \(text(figures.byteShare))")
        }
        lines.append(
            "advantage \(text(card.advantage)) ± \(text(card.advantageError)):"
                + (card.isBetter ? " the forest decides" : " the rules decide"))
        return lines
    }

    /// Four decimals.
    private static func text(_ number: Double) -> String {
        guard number.isFinite, abs(number) < 1e12 else { return "unknown" }
        let scaled = Int((abs(number) * 10_000).rounded())
        let decimals = String(10_000 + scaled % 10_000).dropFirst()
        return (number < 0 ? "-" : "") + "\(scaled / 10_000).\(decimals)"
    }
}
