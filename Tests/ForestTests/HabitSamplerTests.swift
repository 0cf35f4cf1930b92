import Habits
import Model
import Testing

@testable import Forest

@Suite struct HabitSamplerTests {
    private static let monday = 20_458
    private static let file: UInt64 = 7

    private static func second(_ day: Int, _ hour: Int, _ minute: Int = 0) -> Int64 {
        Int64(((monday + day) * 24 + hour) * 3600 + minute * 60)
    }

    private static func local(_ day: Int, _ hour: Int, _ minute: Int = 0) -> LocalTime {
        LocalTime(day: monday + day, second: hour * 3600 + minute * 60)
    }

    private static func model(days: Range<Int>) -> HabitModel {
        var model = HabitModel(clock: LocalClock(offsetSeconds: 0))
        for day in days {
            model.note(
                HabitOpen(
                    file: file, folder: 70, type: .userData, size: 1 << 20,
                    at: Timestamp(seconds: second(day, 9)), session: 1))
        }
        return model
    }

    /// A sample of each of some moments of the fifth day, whatever was opened before it.
    private static func sampler(at moments: [Int64]) -> HabitSampler {
        var sampler = HabitSampler(span: 86_400)
        let model = model(days: 0..<4)
        for moment in moments {
            let (evidence, local) = model.possible(
                from: moment, until: moment + HabitSampler.lookaheadSeconds, NoFolderOrder())
            sampler.note(evidence, at: moment, local)
        }
        return sampler
    }

    // MARK: - Moments

    @Test func momentsLieAStrideApart() {
        var sampler = HabitSampler(span: 86_400)
        #expect(sampler.strideSeconds == 900)
        #expect(sampler.moments(before: 1000).isEmpty)
        #expect(sampler.moments(before: 1900).isEmpty)
        #expect(sampler.moments(before: 3701) == [1900, 2800, 3700])
        #expect(sampler.moments(before: 3702).isEmpty)
        #expect(sampler.moments(before: 4601) == [4600])
        // A year, in 4000 moments.
        #expect(HabitSampler(span: 365 * 86_400).strideSeconds == 7884)
    }

    /// Nobody was there for a year: its last week is enough.
    @Test func aLongPauseIsNotGoneThrough() {
        var sampler = HabitSampler(span: 86_400)
        _ = sampler.moments(before: 0)
        let year: Int64 = 365 * 86_400
        let moments = sampler.moments(before: year)
        #expect(moments.first == year - 7 * 86_400)
        #expect(moments.count == 7 * 96)
    }

    // MARK: - What came of it

    /// Two hours count, and a second more does not; a day counts for how often.
    @Test func whatComesInTimeWasRead() throws {
        let moment = Self.second(4, 8)
        var sampler = Self.sampler(at: [moment, moment + 900])
        sampler.opened(99, at: moment + 1)
        sampler.opened(Self.file, at: moment + 7201)
        sampler.opened(Self.file, at: moment + 86_400)
        sampler.opened(Self.file, at: moment + 86_401)
        let samples = sampler.finished(at: moment + 100_000)
        #expect(samples.map(\.wasRead) == [false, true])
        #expect(samples.map(\.opensNextDay) == [2, 3])
        #expect(samples.map(\.seconds) == [moment, moment + 900])
        // A file of 1 MiB is fetched as a whole.
        #expect(samples.allSatisfy { $0.bytes == 1 << 20 })
    }

    /// What is not over is not known yet.
    @Test func whatMayStillComeIsNoSample() {
        let moment = Self.second(4, 8)
        let sampler = Self.sampler(at: [moment])
        #expect(sampler.finished(at: moment + 7200).isEmpty)
        let early = sampler.finished(at: moment + 7201)
        #expect(early.map(\.wasRead) == [false])
        #expect(early.map(\.opensNextDay) == [nil])
        #expect(sampler.finished(at: moment + 86_401).map(\.opensNextDay) == [0])
    }

    @Test func theLatestAreKept() {
        var sampler = HabitSampler(span: 86_400, samplesMax: 4)
        let model = Self.model(days: 0..<4)
        let moments = (0..<20).map { Self.second(4, 7) + Int64($0) * 60 }
        for moment in moments {
            let (evidence, local) = model.possible(
                from: moment, until: moment + 7200, NoFolderOrder())
            sampler.note(evidence, at: moment, local)
        }
        sampler.opened(Self.file, at: moments[19] + 10)
        let samples = sampler.finished(at: moments[19] + 86_401)
        #expect(samples.map(\.seconds) == Array(moments.suffix(4)))
        #expect(samples.allSatisfy { $0.wasRead })
    }

    // MARK: - Features

    /// At nine on four days, and now it is half past eight on the fifth.
    @Test func featuresAreThoseOfTheOccasions() throws {
        let now = Self.second(4, 8, 30)
        let evidence = try #require(
            Self.model(days: 0..<4).possible(
                from: now, until: now + 7200, NoFolderOrder()
            ).evidence.first)
        let vector = HabitFeatures.vector(of: evidence, at: now, Self.local(4, 8, 30))
        #expect(vector[.hour] == 8 && vector[.weekday] == 4)
        #expect(vector[.accessCount] == 4)
        #expect(vector[.intervalMean] == 86_400)
        #expect(vector[.intervalDeviation] == 0)
        #expect(vector[.secondsSinceLast] == 84_600)
        #expect(vector[.secondsUntilHabit] == 1800)
        #expect(vector[.nearShareOfRecent] == 1)
        #expect(vector[.size] == 1_048_576)
        #expect(vector[.isNextInSeries] == 0)
        #expect(vector[.folderOpensLastHour] == 0)
        #expect(vector[.folderOpensLastDay] == 1)
        // Four occasions are not enough for the rules.
        #expect(vector[.periodicConfidence] == 0)
        #expect(vector[.secondsUntilDue] == nil)
    }

    /// With a fifth occasion the rules expect it at nine, give or take five minutes.
    @Test func whatTheRulesSayIsAFeature() throws {
        let now = Self.second(5, 8, 30)
        let evidence = try #require(
            Self.model(days: 0..<5).possible(
                from: now, until: now + 7200, NoFolderOrder()
            ).evidence.first)
        let vector = HabitFeatures.vector(of: evidence, at: now, Self.local(5, 8, 30))
        #expect(evidence.candidate.probability > 0.4)
        #expect(vector[.periodicConfidence] == Float(evidence.candidate.probability))
        #expect(vector[.secondsUntilDue] == 1800)
        #expect(vector[.dueDeviation] == 300)
    }

    // MARK: - What a forest says

    /// Believes in what will be due within the hour.
    @Test func theForestsProbabilitiesCount() throws {
        let feature = UInt8(Feature.secondsUntilHabit.rawValue)
        let tree = try #require(
            DecisionTree(nodes: [
                TreeNode(value: 3600, leftChild: 1, feature: feature, missingGoesLeft: 0),
                .leaf(0.75), .leaf(0.125),
            ]))
        let trained = TrainedForest(
            forest: try #require(RandomForest(trees: [tree])), calibration: .identity,
            importances: [], error: 0, errorOfMean: 0)
        let model = ForestModel(
            lookaheadSeconds: 7200,
            window: TrainingWindow(first: 0, last: 0, learned: 0, calibrated: 0, judged: 0),
            scorecard: ForestScorecard(), forests: [.read: trained])
        var habits = Self.model(days: 0..<4)
        for day in 0..<4 {
            habits.note(
                HabitOpen(
                    file: 8, folder: 71, type: .userData, size: 10,
                    at: Timestamp(seconds: Self.second(day, 10, 20)), session: 1))
        }
        let now = Self.second(4, 8, 30)
        let (evidence, local) = habits.possible(from: now, until: now + 7200, NoFolderOrder())
        let found = HabitRanking.candidates(evidence, model, at: now, local)
        #expect(found.map(\.file) == [7, 8])
        #expect(found.map(\.probability) == [0.75, 0.125])
        #expect(found.allSatisfy { $0.window == now...now + 7200 })
        // One without a forest for reads leaves the rules' word.
        let none = ForestModel(
            lookaheadSeconds: 7200, window: model.window, scorecard: model.scorecard, forests: [:])
        let ruled = HabitRanking.candidates(evidence, none, at: now, local)
        #expect(ruled.map(\.probability) == [0, 0])
    }
}
