import Forest
import Habits
import Synchronization
import Testing

@testable import Replay

/// What is promised of the households that are made up.
@Suite struct HouseholdTests {
    @Test func sameSeedGivesTheSameOpens() {
        let (one, same, other) = (
            Household(seed: 7), Household(seed: 7), Household(seed: 8)
        )
        #expect(one.opens == same.opens)
        #expect(one.files == same.files)
        #expect(one.opens != other.opens)
    }

    @Test(arguments: UInt64(1)...12)
    func everyHouseholdHasWhatItIsMadeOf(seed: UInt64) {
        let household = Household(seed: seed)
        var clock = household.clock
        let byKind = Dictionary(grouping: household.opens, by: \.kind)
        // At least 18 evenings' chances of 0.7, and 12 mornings of three documents.
        #expect((5...80).contains(byKind[.episode]?.count ?? 0))
        #expect((15...90).contains(byKind[.document]?.count ?? 0))
        #expect((byKind[.noise]?.count ?? 0) >= 15)
        // Three scans, of every file.
        #expect(byKind[.scan]?.count == 3 * household.files.count)
        #expect(household.opens.map(\.at) == household.opens.map(\.at).sorted())

        // Nobody but the backup does anything in the holiday; an evening may go on past midnight.
        let first = Int(clock.local(household.start).day)
        let people = household.opens.filter { $0.kind != .scan && $0.kind != .episode }
        #expect(
            people.allSatisfy { open in
                let day = Int(clock.local(open.at).day) - first
                return !household.holiday.contains(day)
            })
        // Documents are for weekdays, photos for weekends.
        #expect((byKind[.document] ?? []).allSatisfy { clock.local($0.at).weekday < 5 })
        #expect((byKind[.photo] ?? []).allSatisfy { clock.local($0.at).weekday >= 5 })
        #expect(
            household.opens.allSatisfy { open in
                let file = household.files[open.file]
                return open.readBytes <= file.size && open.readBytes >= file.headBytes
            })
    }

    @Test(arguments: UInt64(1)...12)
    func clockGoesBackAnHour(seed: UInt64) {
        let household = Household(seed: seed)
        var clock = household.clock
        let (before, after) = (
            clock.local(household.clockChange - 1), clock.local(household.clockChange)
        )
        // 2:59:59, and then two once more.
        #expect(before.second == 3 * 3600 - 1)
        #expect(after.second == 2 * 3600)
        #expect(before.day == after.day)
        // 21 days, one of them of 25 hours.
        #expect(household.second(ofDay: 21, 0) - household.start == 21 * 86_400 + 3600)
    }

    @Test func evenHabitsOfTheThirdWeekChange() throws {
        var later = 0
        for seed in UInt64(1)...12 {
            let household = Household(seed: seed)
            let people = household.people
            #expect((14...16).contains(people.changeDay))
            let change = household.second(ofDay: people.changeDay, 0)
            let documents = household.opens.filter { $0.kind == .document }
            let old = Set(documents.filter { $0.at < change }.map(\.file))
            let new = Set(documents.filter { $0.at >= change }.map(\.file))
            later += new.subtracting(old).count
        }
        // A document of nearly each is replaced by another; where few days are left it may not have been opened.
        #expect(later >= 9)
    }
}

/// Methods on them.
@Suite struct HouseholdReplayTests {
    /// Rounds as seldom as they may be without missing an open: the daemon's take six times as long.
    private static var coarse: HouseholdSettings {
        var settings = HouseholdSettings()
        settings.roundSeconds = 1800
        settings.lookaheadSeconds = 2100
        return settings
    }

    private static func run(
        _ seed: UInt64, _ settings: HouseholdSettings = coarse
    ) -> HouseholdRow {
        var run = HouseholdRun(Household(seed: seed), .rules, settings, keepsReads: true)
        return run.run()
    }

    /// As measured; a change of the habits that changes it is meant to be seen here.
    @Test func figuresOfOneHouseholdAreAsMeasured() throws {
        let row = Self.run(101, HouseholdSettings())
        // All 16 heads that no reading had kept, and all 33.
        #expect(row.habitual.count == 33)
        #expect(row.habitual.cold == 16)
        #expect((15...16).contains(row.habitual.coldFound))
        #expect((31...33).contains(row.habitual.found))
        #expect(abs(try #require(row.precisionWithRelated) - 0.85) < 0.08)
        #expect(try #require(row.wasted) < 0.01)
    }

    @Test func methodsStandAsTheyMust() throws {
        for keepsReads in [true, false] {
            let rows = HouseholdReplay.rows(
                Household(seed: 101), Self.coarse, keepsReads: keepsReads)
            let found = Dictionary(uniqueKeysWithValues: rows.map { ($0.method, $0) })
            let nothing = try #require(found[.nothing])
            let rules = try #require(found[.rules])
            let oracle = try #require(found[.oracle])
            let popularity = try #require(found[.popularity])
            #expect(nothing.broughtBytes == 0)
            #expect(nothing.coverage == 0)
            #expect(oracle.coverage == 1)
            #expect(oracle.precision == 1)
            #expect(oracle.habitual.found == oracle.habitual.count)
            #expect(rules.habitual.found >= nothing.habitual.found)
            #expect(rules.habitual.coldFound > popularity.habitual.coldFound || !keepsReads)
            #expect(rules.habitual.count == nothing.habitual.count)
            // Never more than the rules on any day.
            #expect(zip(popularity.broughtByDay, rules.broughtByDay).allSatisfy { $0 <= $1 })
        }
    }

    @Test func sameSeedGivesTheSameFigures() {
        #expect(Self.run(3) == Self.run(3))
    }

    /// One leaf, which says the same of everything.
    private static func forest(saying probability: Float) throws -> ForestModel {
        let tree = try #require(DecisionTree(nodes: [.leaf(probability)]))
        let forest = TrainedForest(
            forest: try #require(RandomForest(trees: [tree])), calibration: .identity,
            importances: [], error: 0, errorOfMean: 0)
        return ForestModel(
            lookaheadSeconds: HabitSampler.lookaheadSeconds,
            window: TrainingWindow(first: 0, last: 0, learned: 0, calibrated: 0, judged: 0),
            scorecard: ForestScorecard(), forests: [.read: forest])
    }

    /// A forest that is sure of everything has more brought in rounds than the rules, and one that believes in nothing has nothing brought.
    @Test func aForestDecidesInRounds() throws {
        let household = Household(seed: 3)
        let run = { (model: ForestModel, isUsed: Bool) in
            var settings = Self.coarse
            settings.train = { _ in model }
            settings.alwaysUsesForest = isUsed
            var run = HouseholdRun(household, .forest, settings, keepsReads: false)
            return run.run()
        }
        var rules = HouseholdRun(household, .rules, Self.coarse, keepsReads: false)
        let ruled = rules.run()
        let sure = run(try Self.forest(saying: 1), true)
        #expect(sure.right + sure.wrong > ruled.right + ruled.wrong)
        #expect(sure.daysWithForest == 7)
        let blind = run(try Self.forest(saying: 0), true)
        #expect(blind.right + blind.wrong == 0)
        // Whatever it says: one that is not better does not decide.
        let judged = run(try Self.forest(saying: 1), false)
        #expect(judged.daysWithForest == 0)
        #expect(judged.habitual == ruled.habitual && judged.right == ruled.right)
    }

    /// What came later is in no sample's features, and what came of each is known.
    @Test func samplesAreOfThePast() throws {
        let samples = Mutex<[[TrainingSample]]>([])
        var settings = Self.coarse
        settings.train = { rows in
            samples.withLock { $0.append(rows) }
            return nil
        }
        let household = Household(seed: 3)
        var run = HouseholdRun(household, .forest, settings, keepsReads: false)
        _ = run.run()
        let all = samples.withLock { $0 }
        #expect(all.count == 7)
        let (first, last) = (try #require(all.first), try #require(all.last))
        let judgedFrom = household.second(ofDay: settings.learnedDays, 0)
        #expect(first.count > 500)
        #expect(first.allSatisfy { $0.seconds < judgedFrom - HabitSampler.lookaheadSeconds })
        #expect(first.contains { $0.wasRead } && first.contains { !$0.wasRead })
        // What a sample said a week ago it says now: only of the last day before a training there was more to come.
        let ended = first.count { judgedFrom - $0.seconds > 86_400 }
        #expect(Array(last.prefix(ended)) == Array(first.prefix(ended)))
    }

    @Test func whatWasReadIsThereForSevenDays() {
        var tier = HouseholdTier(keptSeconds: 7 * 86_400)
        tier.keep(1, bytes: 100, at: 0)
        tier.keep(1, bytes: 50, at: 10)
        #expect(tier.bytes(of: 1, at: 10 + 7 * 86_400) == 100)
        #expect(tier.bytes(of: 1, at: 11 + 7 * 86_400) == 0)
        tier.drop(1)
        #expect(tier.bytes(of: 1, at: 10) == 0)
    }
}
