/// What each method made of households, over their seeds.
public struct HouseholdReport: Sendable, Equatable {
    /// Median, least and largest of a figure; nil where no seed has one.
    public struct Spread: Sendable, Equatable {
        public var median: Double
        public var least: Double
        public var most: Double

        init?(_ values: [Double?]) {
            let sorted = values.compactMap { $0 }.sorted()
            guard let first = sorted.first, let last = sorted.last else { return nil }
            let middle = sorted.count / 2
            median =
                sorted.count % 2 == 1
                ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
            (least, most) = (first, last)
        }
    }

    public struct Line: Sendable, Equatable {
        public var method: HouseholdMethod
        public var coverage: Spread?
        public var found: Spread?
        public var precision: Spread?
        public var precisionWithRelated: Spread?
        public var wasted: Spread?
        /// MiB a day.
        public var brought: Spread?
        /// Judged days on which a forest decided, summed over the seeds.
        public var daysWithForest = 0
        /// Habitual or not, summed over the seeds.
        public var kinds: [HouseholdOpen.Kind: HouseholdRow.Opens] = [:]
    }

    public var seeds: ClosedRange<UInt64>
    /// With what was read kept.
    public var kept: [Line]
    /// Without.
    public var alone: [Line]

    init(seeds: ClosedRange<UInt64>, rows: [HouseholdReplay.Rows]) {
        self.seeds = seeds
        kept = Self.lines(rows.flatMap(\.kept))
        alone = Self.lines(rows.flatMap(\.alone))
    }

    private static func lines(_ rows: [HouseholdRow]) -> [Line] {
        HouseholdMethod.allCases.filter { method in rows.contains { $0.method == method } }
            .map { line($0, rows) }
    }

    private static func line(_ method: HouseholdMethod, _ all: [HouseholdRow]) -> Line {
        let rows = all.filter { $0.method == method }
        var line = Line(method: method)
        line.coverage = Spread(rows.map(\.coverage))
        line.found = Spread(rows.map(\.found))
        line.precision = Spread(rows.map(\.precision))
        line.precisionWithRelated = Spread(rows.map(\.precisionWithRelated))
        line.wasted = Spread(rows.map(\.wasted))
        line.brought = Spread(rows.map { Double($0.broughtBytes) / 7 / 1_048_576 })
        line.daysWithForest = rows.reduce(0) { $0 + $1.daysWithForest }
        for row in rows {
            for (kind, opens) in row.kinds {
                line.kinds[kind, default: .init()].add(opens)
            }
        }
        return line
    }
}
