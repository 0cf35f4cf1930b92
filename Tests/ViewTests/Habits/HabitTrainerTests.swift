import Forest
import Glibc
import History
import Model
import Platform
import TestSupport
import Testing

@testable import View

/// With scripts in the trainer's place.
@Suite struct HabitTrainerTests {
    private let folder: TemporaryDirectory
    private let clock = ManualClock()
    private static let log = Log(
        levelMax: .error, context: LogRecord.Context(view: "", share: ""), sink: { _ in })

    init() throws {
        folder = try TemporaryDirectory()
    }

    private var modelPath: String { folder.path + "/forest" }

    /// What a trainer would write: better than the rules, or not.
    private func model(isBetter: Bool, age: Int64 = 0) throws -> ForestModel {
        let tree = try #require(DecisionTree(nodes: [.leaf(0.5)]))
        let trained = TrainedForest(
            forest: try #require(RandomForest(trees: [tree])), calibration: .identity,
            importances: [], error: 0, errorOfMean: 0)
        let last = clock.wall.seconds - age
        return ForestModel(
            lookaheadSeconds: HabitSampler.lookaheadSeconds,
            window: TrainingWindow(
                first: last - 1000, last: last, learned: 600, calibrated: 200, judged: 200),
            scorecard: ForestScorecard(
                samples: 200, reads: 40,
                forest: .init(brier: isBetter ? 0.1 : 0.3, areaUnderCurve: 0.9, byteShare: 0.9),
                rules: .init(brier: 0.2, areaUnderCurve: 0.8, byteShare: 0.5),
                popularity: .init(areaUnderCurve: 0.6, byteShare: 0.4), brierOfMean: 0.25,
                calibrationError: 0.01, advantage: 0.4, advantageError: 0.1),
            forests: [.read: trained])
    }

    private func trainer(_ script: String) throws -> HabitTrainer {
        let path = try folder.file("trainer", "#!/bin/sh\n\(script)\n")
        _ = try ChildProcess.run("/bin/chmod", ["755", path])
        return HabitTrainer(
            ForestPlace(directory: folder.path, program: path), clock: clock, log: Self.log)
    }

    /// Samples in the file must be those that were made: the script keeps a copy.
    private func train(
        _ trainer: HabitTrainer, _ sampling: @escaping HabitTrainer.Sampling = { _ in [] }
    ) throws {
        trainer.train(sampling)
        try waitUntil("it has ended", within: 30) { !trainer.isBusy }
        #expect(access(folder.path + "/samples", F_OK) != 0, "the samples are left behind")
    }

    @Test func aBetterForestDecides() throws {
        try ForestModelFile.write(try model(isBetter: true), to: folder.path + "/new")
        let trainer = try trainer("cp \"$2\" '\(folder.path)/kept'; cp '\(folder.path)/new' \"$4\"")
        let sample = TrainingSample(
            seconds: 7, bytes: 8, features: FeatureVector(), wasRead: true)
        try train(trainer) { _ in [sample, sample] }
        #expect(trainer.forest != nil)
        #expect(trainer.report.decides)
        #expect(trainer.report.samples == 1000)
        #expect(trainer.report.trouble == nil)
        var reader = TrainingSampleReader()
        var found: [TrainingSample] = []
        try reader.read(try FileContents.read(folder.path + "/kept")[...]) { found.append($0) }
        #expect(found.count == 2 && found.first?.wasRead == true)
        // The next mount has it, too.
        let next = HabitTrainer(
            ForestPlace(directory: folder.path, program: nil), clock: clock, log: Self.log)
        next.load()
        #expect(next.forest != nil)
    }

    @Test(arguments: [(true, Int64(8 * 86_400)), (false, 0)])
    func otherwiseTheRulesDo(_ isBetter: Bool, _ age: Int64) throws {
        try ForestModelFile.write(try model(isBetter: isBetter, age: age), to: modelPath)
        let trainer = try trainer("exit 0")
        trainer.load()
        #expect(trainer.forest == nil)
        #expect(!trainer.report.decides && trainer.report.samples == 1000)
    }

    @Test func withTooLittleTheLastForestGoes() throws {
        try ForestModelFile.write(try model(isBetter: true), to: modelPath)
        let trainer = try trainer("exit 3")
        trainer.load()
        #expect(trainer.forest != nil)
        try train(trainer)
        #expect(trainer.forest == nil)
        #expect(trainer.report.trouble?.contains("too little") == true)
    }

    /// Whatever becomes of the trainer, the last forest stays, and it is said.
    @Test(arguments: [("echo 'no room' >&2; exit 1", "no room"), ("kill -SEGV $$", "signal 11")])
    func aTrainerThatFailsTakesNothingAway(_ script: String, _ words: String) throws {
        try ForestModelFile.write(try model(isBetter: true), to: modelPath)
        let trainer = try trainer(script)
        trainer.load()
        try train(trainer)
        #expect(trainer.forest != nil)
        #expect(trainer.report.trouble?.contains(words) == true, "\(trainer.report)")
    }

    @Test func aHistoryThatCannotBeReadIsSaid() throws {
        let trainer = try trainer("exit 0")
        try train(trainer) { _ throws(HistoryError) in throw HistoryError.busy }
        #expect(trainer.report.trouble?.contains("nothing can be learned") == true)
    }

    @Test func aForeignModelIsSetAside() throws {
        _ = try folder.file("forest", "no model at all")
        let trainer = try trainer("exit 0")
        trainer.load()
        #expect(trainer.forest == nil)
        #expect(trainer.report.trouble?.contains("last model") == true)
        #expect(access(modelPath, F_OK) != 0)
        #expect(access(modelPath + ".refused", F_OK) == 0)
    }

    /// What was forgotten while a model was made of it is in no model afterwards.
    @Test func whatIsForgottenIsInNoModel() throws {
        try ForestModelFile.write(try model(isBetter: true), to: folder.path + "/new")
        let trainer = try trainer("cp '\(folder.path)/new' \"$4\"")
        try train(trainer)
        #expect(trainer.forest != nil)
        trainer.forget()
        #expect(trainer.forest == nil && access(modelPath, F_OK) != 0)
        try train(trainer) { [trainer] mayGoOn in
            #expect(mayGoOn())
            trainer.forget()
            #expect(!mayGoOn())
            return []
        }
        #expect(trainer.forest == nil && access(modelPath, F_OK) != 0)
    }

    /// At once where nothing was learned yet, then after an hour and twenty opens.
    @Test func itIsDueWhenSomethingIsNew() throws {
        let trainer = try trainer("exit 3")
        #expect(trainer.isDue(at: .seconds(10), opens: 0))
        #expect(!trainer.isDue(at: .seconds(3609), opens: 20))
        #expect(!trainer.isDue(at: .seconds(3610), opens: 19))
        #expect(trainer.isDue(at: .seconds(3610), opens: 20))
        #expect(!trainer.isDue(at: .seconds(7300), opens: 39))
        trainer.stop()
        #expect(!trainer.isDue(at: .seconds(9000), opens: 100))
    }

    @Test func aModelOfTheLastMountIsNotMadeAnewAtOnce() throws {
        try ForestModelFile.write(try model(isBetter: true), to: modelPath)
        let trainer = try trainer("exit 3")
        trainer.load()
        #expect(!trainer.isDue(at: .seconds(10), opens: 19))
        #expect(trainer.isDue(at: .seconds(10), opens: 20))
    }

    @Test func withoutAProgramNothingIsDue() {
        let trainer = HabitTrainer(
            ForestPlace(directory: folder.path, program: nil), clock: clock, log: Self.log)
        #expect(!trainer.isDue(at: .seconds(10), opens: 100))
        #expect(trainer.report.trouble == "larder-train is not installed")
    }
}
