import Forest
import TestSupport
import Testing

@testable import Training

@Suite struct JudgeTests {
    @Test func areaUnderCurveByHand() {
        // Of the pairs (0.9, 0.1) (0.9, 0.4) (0.4, 0.1) (0.4, 0.4) the last is a tie: 3.5 of 4.
        let area = PredictionScore.areaUnderCurve(
            [0.9, 0.4, 0.4, 0.1], [true, true, false, false])
        #expect(area == 3.5 / 4)
        #expect(PredictionScore.areaUnderCurve([1, 2], [true, true]).isNaN)
    }

    @Test func errorsByHand() {
        // (0.2² + 0.5²) / 2
        #expect(abs(PredictionScore.squaredError([0.8, 0.5], [1, 0]) - 0.145) < 1e-12)
        // Tenths 8 and 2: |1.7 − 1| and |0.25 − 0|, over three.
        #expect(
            abs(
                PredictionScore.calibrationError([0.85, 0.85, 0.25], [true, false, false])
                    - (0.7 + 0.25) / 3) < 1e-12)
        // Mean 2, deviations −1, 0, 1: variance 1, error √(1/3).
        let (mean, error) = PredictionScore.mean([1, 2, 3])
        #expect(mean == 2)
        #expect(abs(error - (1.0 / 3).squareRoot()) < 1e-12)
        #expect(PredictionScore.mean([1, 2]).mean.isNaN)
    }

    @Test func equalBytesByHand() {
        let item = { (score: Double, bytes: Double, wasRead: Bool) in
            EqualBytes.Item(score: score, bytes: bytes, wasRead: wasRead)
        }
        // 40 bytes were read. The first has 30 of them; of the second's 20, only 10 fit.
        #expect(
            EqualBytes.share([
                item(0.9, 30, true), item(0.5, 20, false), item(0.1, 10, true),
            ]) == 0.75)
        // Of all alike as much is read as of all together: 40 of 60.
        let tied = EqualBytes.share([
            item(1, 30, true), item(1, 20, false), item(1, 10, true),
        ])
        #expect(abs((tied ?? 0) - 40.0 / 60) < 1e-12)
        #expect(EqualBytes.share([item(1, 5, false)]) == nil)
    }

    @Test func timeIsSplitWithAnEmbargo() {
        // A sample each 10 s: parts begin at 600 s and 800 s. What came of one within 25 s before is known too late.
        let seconds = (0..<100).map { Int64($0) * 10 }
        let split = TimeSplit(seconds: seconds, embargoSeconds: 25)
        // 570 + 25 ≤ 600 < 580 + 25
        #expect(split.learn == 0..<58)
        #expect(split.calibrate == 60..<78)
        #expect(split.judge == 80..<100)
        let hard = TimeSplit(seconds: seconds, embargoSeconds: 10_000)
        #expect(hard.learn.isEmpty && hard.calibrate.isEmpty && hard.judge == 80..<100)
        #expect(TimeSplit(seconds: [], embargoSeconds: 1).judge.isEmpty)
    }

    @Test func samplesOfOneSecondAreNotPartedByTheEmbargo() {
        // All at once: nothing may be learned.
        let split = TimeSplit(
            seconds: Array(repeating: 5, count: 50), embargoSeconds: 1)
        #expect(split.learn.isEmpty)
    }

    @Test func theTableSortsAndKeepsTheLast() {
        var maker = SampleMaker(random: SplitMix(seed: 3), count: 20)
        let samples = maker.samples(chance: { _ in 0.5 })
        var table = TrainingTable(rowsMax: 8)
        for sample in samples { table.append(sample) }
        table.finish()
        #expect(table.seconds == samples.suffix(8).map(\.seconds))
        #expect(table.leftOut == 12)
        #expect(table.vector(0) == samples[12].features)
        var mixed = TrainingTable()
        for sample in samples.shuffled(using: &maker.random) { mixed.append(sample) }
        mixed.finish()
        #expect(mixed.seconds == samples.map(\.seconds))
        #expect(mixed.wasRead == samples.map(\.wasRead))
        for row in samples.indices { #expect(mixed.vector(row) == samples[row].features) }
    }
}
