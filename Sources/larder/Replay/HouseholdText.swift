import Replay

/// The table of `larder replay --household` for people.
enum HouseholdText {
    static func render(_ report: HouseholdReport) -> String {
        let seeds = "seeds \(report.seeds.lowerBound) to \(report.seeds.upperBound)"
        return [
            "\(seeds), a tier that keeps what was read for a week: medians, and least and most",
            table(report.kept),
            "\(seeds), a tier that keeps nothing that was read",
            table(report.alone),
            "opens found and opens, by kind, habitual or not, with what was read kept",
            kinds(report.kept),
        ].joined(separator: "\n") + "\n"
    }

    private static func table(_ lines: [HouseholdReport.Line]) -> String {
        let header = [
            "method", "coverage", "found", "rounds", "precision", "wasted", "MiB/day", "forest",
        ]
        let rows = lines.map { line in
            [
                line.method.rawValue, spread(line.coverage, 3), spread(line.found, 3),
                spread(line.precision, 3), spread(line.precisionWithRelated, 3),
                spread(line.wasted, 4), spread(line.brought, 1),
                line.method == .forest ? "\(line.daysWithForest)" : "-",
            ]
        }
        return ReplayText.table(header, rows)
    }

    private static func kinds(_ lines: [HouseholdReport.Line]) -> String {
        let kinds = HouseholdOpen.Kind.allCases.filter { $0 != .scan }
        let rows = lines.map { line in
            [line.method.rawValue]
                + kinds.map { kind -> String in
                    guard let opens = line.kinds[kind] else { return "-" }
                    return "\(opens.found)/\(opens.count)"
                }
        }
        return ReplayText.table(["method"] + kinds.map(\.rawValue), rows)
    }

    private static func spread(_ spread: HouseholdReport.Spread?, _ decimals: Int) -> String {
        guard let spread else { return "-" }
        let range = [spread.least, spread.most].map { ReplayText.fixed($0, decimals) }
        return "\(ReplayText.fixed(spread.median, decimals)) (\(range.joined(separator: " ")))"
    }
}
