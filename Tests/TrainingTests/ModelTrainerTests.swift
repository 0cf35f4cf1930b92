import Forest
import TestSupport
import Testing

@testable import Training

@Suite struct ModelTrainerTests {
    private func train(
        _ samples: [TrainingSample], trees: Int = 20, seed: UInt64 = 1
    ) throws -> ModelTrainer.Outcome {
        var settings = ForestSettings()
        settings.trees = trees
        settings.treesToSelect = 10
        settings.seed = seed
        return try ModelTrainer(settings: settings, lookaheadSeconds: 300).train(
            SampleMaker.table(samples))
    }

    private func model(_ outcome: ModelTrainer.Outcome) throws -> ForestModel {
        guard case .trained(let model) = outcome else {
            throw XGBoostErrorInTest(outcome: "\(outcome)")
        }
        return model
    }

    private struct XGBoostErrorInTest: Error { var outcome: String }

    /// Read in the evening of weekdays, hardly else: a relation of two features that no rule below knows.
    private func isHabit(_ features: FeatureVector) -> Bool {
        (features[.hour] ?? 0) >= 18 && (features[.weekday] ?? 0) < 5
    }

    @Test func aRelationIsFound() throws {
        var maker = SampleMaker(random: SplitMix(seed: 5), count: 3000)
        let samples = maker.samples(
            chance: { isHabit($0) ? 0.9 : 0.02 }, rules: { ($0[.accessCount] ?? 0) / 100 })
        let model = try model(try train(samples))
        let card = model.scorecard
        #expect(card.forest.areaUnderCurve > 0.93)
        // Whoever knows all has 0.18 · 0.09 + 0.82 · 0.0196 ≈ 0.032.
        #expect(card.forest.brier < 0.045)
        #expect(card.calibrationError < 0.05)
        #expect(card.forest.byteShare > 0.8)
        #expect(abs(card.rules.areaUnderCurve - 0.5) < 0.1)
        #expect(card.isBetter)
        // What makes it is what it was made of. What is by chance, or always the same, is not among them.
        let read = try #require(model[.read])
        #expect(Set(read.importances.prefix(2).map(\.feature)) == [.hour, .weekday])
        #expect(!read.importances.contains { $0.feature == .priority })
        // What was said of the parts of the samples.
        #expect(model.window.learned == 1796)
        #expect(model.window.calibrated == 596)
        #expect(model.window.judged == 600)
        // The share was hour / 24, of those that were read.
        var evening = FeatureVector()
        evening[.hour] = 18
        evening[.weekday] = 2
        let prediction = model.prediction(for: evening)
        #expect(abs((prediction.share ?? 0) - 0.75) < 0.05)
        #expect((prediction.probability ?? 0) > 0.75)
        evening[.weekday] = 6
        #expect((model.probability(for: evening) ?? 1) < 0.2)
        #expect(prediction.opensNextDay == nil && prediction.validitySeconds == nil)
    }

    /// Whoever has a size is read; whoever has none is not.
    @Test func whatIsMissingSaysSomethingToo() throws {
        var maker = SampleMaker(random: SplitMix(seed: 6))
        let samples = maker.samples(chance: { $0[.size] == nil ? 0.9 : 0.05 })
        let model = try model(try train(samples))
        #expect(model[.read]?.importances.first?.feature == .size)
        #expect(model.scorecard.forest.areaUnderCurve > 0.85)
        var vector = FeatureVector()
        #expect((model.probability(for: vector) ?? 0) > 0.7)
        vector[.size] = 5e5
        #expect((model.probability(for: vector) ?? 1) < 0.3)
    }

    @Test func whereThereIsNothingToFindTheRulesDecide() throws {
        var maker = SampleMaker(random: SplitMix(seed: 7))
        let model = try model(try train(maker.samples(chance: { _ in 0.2 })))
        #expect(!model.scorecard.isBetter)
        #expect(abs(model.scorecard.forest.areaUnderCurve - 0.5) < 0.1)
    }

    /// Who says each time what happens cannot be bettered.
    @Test func rulesThatKnowAllGoOnDeciding() throws {
        var maker = SampleMaker(random: SplitMix(seed: 8))
        var samples = maker.samples(chance: { isHabit($0) ? 0.9 : 0.02 })
        for index in samples.indices {
            samples[index].rulesConfidence = samples[index].wasRead ? 1 : 0
        }
        let model = try model(try train(samples))
        #expect(model.scorecard.rules.byteShare == 1)
        #expect(!model.scorecard.isBetter)
    }

    @Test func popularityAndValidityHaveForestsOfTheirOwn() throws {
        var maker = SampleMaker(random: SplitMix(seed: 9), step: 600)
        var samples = maker.samples(chance: { _ in 0.3 })
        for index in samples.indices {
            let isOften = (samples[index].features[.accessCount] ?? 0) > 50
            samples[index].opensNextDay = isOften ? 7 : 0
            samples[index].validitySeconds = isOften ? 600 : 86_400
        }
        let model = try model(try train(samples))
        var vector = FeatureVector()
        vector[.accessCount] = 90
        var said = model.prediction(for: vector)
        #expect(abs((said.opensNextDay ?? 0) - 7) < 0.5)
        #expect(abs((said.validitySeconds ?? 0) - 600) < 60)
        vector[.accessCount] = 10
        said = model.prediction(for: vector)
        #expect((said.opensNextDay ?? 1) < 0.5)
        #expect(abs((said.validitySeconds ?? 0) - 86_400) < 8640)
        let popularity = try #require(model[.popularity])
        #expect(popularity.error < popularity.errorOfMean / 10)
    }

    @Test func tooFewSamplesTeachNothing() throws {
        var maker = SampleMaker(random: SplitMix(seed: 10), count: 999)
        let samples = maker.samples(chance: { _ in 0.5 })
        guard case .tooFew = try train(samples) else {
            Issue.record("trained on 999")
            return
        }
        // Many, but nothing was read, or all within one lookahead.
        maker.count = 1500
        guard case .tooFew = try train(maker.samples(chance: { _ in 0 })) else {
            Issue.record("trained on nothing")
            return
        }
        maker.step = 0
        guard case .tooFew = try train(maker.samples(chance: { _ in 0.5 })) else {
            Issue.record("trained on one moment")
            return
        }
    }

    @Test func theSameSamplesMakeTheSameModel() throws {
        var maker = SampleMaker(random: SplitMix(seed: 11), count: 1200)
        let samples = maker.samples(chance: { isHabit($0) ? 0.9 : 0.1 })
        let first = try model(try train(samples, seed: 7)).encoded
        #expect(try model(try train(samples, seed: 7)).encoded == first)
        #expect(try model(try train(samples, seed: 8)).encoded != first)
    }

    @Test func featuresOfLittleImportanceAreLeftOut() {
        let importances = ForestFit.importances(
            [.hour, .weekday, .size, .accessCount, .priority], [40, 100, 5, 4.9, 0])
        #expect(importances.map(\.feature) == [.weekday, .hour, .size, .accessCount, .priority])
        #expect(importances.map(\.value) == [1, 0.4, 0.05, 0.049, 0])
        let features = Feature.allCases
        #expect(ForestFit.selected(importances, of: features) == [.hour, .weekday, .size])
        // Three stay, whatever they are worth.
        let one = ForestFit.importances([.hour, .weekday, .size, .priority], [100, 1, 2, 0])
        #expect(ForestFit.selected(one, of: features) == [.hour, .weekday, .size])
    }
}
