/// Judges habits on a household that is made up: learns on its first two weeks and judges the third, learning on.
///
/// A virtual daemon looks ahead every five minutes and brings the heads of what is expected; upon each open it brings what
/// belongs to it. Each method does so twice: with a tier that also keeps what was read in the last seven days, which is what people have, and
/// with one that keeps nothing that was read, where a document of every morning has to be brought every morning.
public enum HouseholdReplay {
    /// One seed's rows.
    public struct Rows: Sendable, Equatable {
        public var kept: [HouseholdRow] = []
        public var alone: [HouseholdRow] = []
    }

    public static func run(
        seed: UInt64, _ settings: HouseholdSettings = HouseholdSettings()
    ) -> Rows {
        let household = Household(seed: seed)
        return Rows(
            kept: rows(household, settings, keepsReads: true),
            alone: rows(household, settings, keepsReads: false))
    }

    static func rows(
        _ household: Household, _ settings: HouseholdSettings, keepsReads: Bool
    ) -> [HouseholdRow] {
        var rules = HouseholdRun(household, .rules, settings, keepsReads: keepsReads)
        let ruled = rules.run()
        return HouseholdMethod.allCases.filter { $0 != .forest || settings.train != nil }.map {
            method in
            guard method != .rules else { return ruled }
            var run = HouseholdRun(
                household, method, settings, keepsReads: keepsReads,
                allowance: method == .popularity || method == .forest ? ruled.broughtByDay : nil)
            return run.run()
        }
    }

    /// The table over seeds.
    public static func report(
        seeds: ClosedRange<UInt64>, _ settings: HouseholdSettings = HouseholdSettings()
    ) -> HouseholdReport {
        HouseholdReport(seeds: seeds, rows: seeds.map { run(seed: $0, settings) })
    }
}
