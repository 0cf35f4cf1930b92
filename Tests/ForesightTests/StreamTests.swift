import Model
import Testing

@testable import Foresight

@Suite struct AccessStreamTests {
    private let tuning = StreamTuning(unit: 64 << 10)

    private func stream(_ starts: [Int64], length: Int64 = 64 * kibibyte) -> AccessStream {
        var stream = AccessStream(
            startingWith: starts[0]..<(starts[0] + length), reader: Feeder.reader(), at: .zero)
        for (place, start) in starts.enumerated().dropFirst() {
            _ = stream.advance(
                start..<(start + length), at: .milliseconds(place * 10), chunkSize: 1 << 20,
                tuning: tuning)
        }
        return stream
    }

    @Test func straightOnIsCertain() {
        let stream = stream([0, 1, 2, 3].map { $0 * 64 * kibibyte })
        #expect(stream.kind == .forward)
        #expect(stream.confidence == 1)
        // 64 KiB each 10 ms.
        #expect(abs((stream.rate ?? 0) - 6_553_600) < 1)
    }

    /// By hand: 4 steps, all forward, one of them over a gap of more than a chunk: 1 × 1 × (1 − 0.2 × ¼).
    @Test func aLargeGapCostsConfidence() {
        let block = 64 * kibibyte
        let stream = stream([0, block, 2 * block, 2 * mebibyte, 2 * mebibyte + block])
        #expect(abs(stream.confidence - 0.95) < 1e-9)
    }

    @Test func whatWasReadBeforeMovesNothing() {
        var stream = stream([0, 1, 2, 3].map { $0 * 64 * kibibyte })
        let before = stream.frontier
        let moved = stream.advance(
            0..<(64 * kibibyte), at: .seconds(1), chunkSize: 1 << 20, tuning: tuning)
        #expect(!moved && stream.frontier == before)
    }

    /// The last read of a run is short; its steps were equal, but nothing was left out.
    @Test func aShortLastReadIsNoStride() {
        var stream = stream((0..<8).map { $0 * 256 * kibibyte }, length: 256 * kibibyte)
        _ = stream.advance(
            (2 * mebibyte)..<(2 * mebibyte + 4096), at: .seconds(1), chunkSize: 1 << 20,
            tuning: tuning)
        #expect(stream.kind == .forward)
    }

    @Test func equalStepsThatLeaveSomethingOutAreAStride() {
        let stream = stream([0, 1, 2, 3, 4].map { $0 * 256 * kibibyte })
        #expect(stream.kind == .strided)
        #expect(stream.stride == 256 * kibibyte)
    }

    /// Blocks 0, 1, 2, then ten further on: three reads in order less one, and the fifth goes on from there.
    @Test func aHopTakesAReadInOrderBack() {
        let block = 64 * kibibyte
        #expect(stream([0, 1, 2].map { $0 * block }).run == 3)
        #expect(stream([0, 1, 2, 13].map { $0 * block }).run == 2)
        #expect(stream([0, 1, 2, 13, 14].map { $0 * block }).run == 3)
        // Four left out are no hop, and below one it does not fall.
        #expect(stream([0, 1, 2, 7].map { $0 * block }).run == 4)
        #expect(stream([0, 9, 29, 48].map { $0 * block }).run == 1)
    }

    @Test func whoHopsAlongReadsLittleOfWhatHePasses() {
        let stream = stream([0, 3, 11, 14, 25].map { $0 * 64 * kibibyte })
        #expect(stream.density < 0.5)
    }
}

@Suite struct StrideDetectorTests {
    private func find(_ starts: [Int64], length: Int64 = 4096) -> StrideDetector.Finding? {
        var detector = StrideDetector()
        var found: StrideDetector.Finding?
        for start in starts { found = detector.note(start: start, length: length, processID: 1) }
        return found
    }

    @Test func aConstantStep() {
        #expect(find([0, 10, 20, 30].map { $0 * mebibyte })?.stride == 10 * mebibyte)
        #expect(find([90, 60, 30, 0].map { $0 * mebibyte })?.stride == -30 * mebibyte)
    }

    /// Steps by hand: 7, 7, 7, 1, 5, 7, 7, 7, the newest last: three of the newest four are 7.
    @Test func throughNoise() {
        #expect(
            find([0, 7, 14, 21, 22, 27, 34, 41, 48].map { $0 * mebibyte })?.stride == 7 * mebibyte)
    }

    @Test func aCycleOfSteps() {
        // +1, +9, +1, +9, …
        let starts: [Int64] = [0, 1, 10, 11, 20, 21, 30]
        #expect(find(starts.map { $0 * mebibyte })?.stride == 10 * mebibyte)
    }

    @Test func roundingToPagesIsNoDifference() {
        // 100,000 rounded down to pages: steps of 98,304 and 102,400.
        let starts = (0..<8).map { Int64($0) * 100_000 / 4096 * 4096 }
        let stride = find(starts)?.stride ?? 0
        #expect(abs(stride - 100_000) <= 4096)
    }

    @Test func nothingInNoise() {
        #expect(find([0, 70, 3, 41, 88, 12, 57, 29].map { $0 * mebibyte }) == nil)
    }

    @Test func stepsWithinTheReadAreNoStride() {
        #expect(find([0, 4096, 8192, 12288], length: 4096) == nil)
    }

    /// Steps 1, 3, 1, 3: mean 2, deviations −1, 1, −1, 1. Lag 1: −3/3. Lag 2: 2/2. In MiB, above page noise.
    @Test func autocorrelationByHand() {
        var steps = StrideDetector.Steps()
        for step: Int64 in [1, 3, 1, 3] { steps.append(step * mebibyte) }
        #expect(StrideDetector.autocorrelation(of: steps, 4, lag: 1) == -1)
        #expect(StrideDetector.autocorrelation(of: steps, 4, lag: 2) == 1)
    }
}

@Suite struct StepStatisticsTests {
    @Test func aSteadyReaderIsConsistentAndNotRandom() {
        var steps = StepStatistics()
        for number in 0..<10 { steps.note(start: Int64(number) * 1000) }
        #expect(steps.consistency == 1)
        #expect(steps.randomness == 0)
    }

    /// Steps 100, 300: mean 200, deviation 100. cv = ½: 1 / 1.5; 100 / 201.
    @Test func byHand() {
        var steps = StepStatistics()
        for start: Int64 in [0, 100, 400] { steps.note(start: start) }
        #expect(abs(steps.consistency - 2.0 / 3) < 1e-9)
        #expect(abs(steps.randomness - 100.0 / 201) < 1e-9)
    }
}

@Suite struct RunSurvivalTests {
    private let second = RunSurvival.Situation(shape: .forward, stage: 2, size: 0)

    @Test func whatWasSeenOutweighsThePrior() {
        var table = RunSurvival()
        for _ in 0..<60 { table.enter(second) }
        for _ in 0..<60 { table.reach(second, distance: 0) }
        // All of 60 came one unit far, none came two: with a prior worth three runs.
        // The asking run is one of the 60: (59 + 3 × 0.55) / 62, then (0 + 3 × 0.92) / 62 of that.
        let one = table.probability(second, units: 1)
        #expect(abs(one - 60.65 / 62) < 1e-4)
        #expect(abs(table.probability(second, units: 2) - one * 2.76 / 62) < 1e-4)
        #expect(table.unitsAhead(second, progress: 0, near: 4, chance: 1.0 / 3, general: nil) == 1)
    }

    @Test func aRunThatHasComeFarIsExpectedToGoOn() {
        var table = RunSurvival()
        for _ in 0..<40 { table.enter(second) }
        for distance in 0..<10 {
            for _ in 0..<(distance < 2 ? 40 : 10) { table.reach(second, distance: distance) }
        }
        // A quarter goes on beyond two units, and those go on for long.
        let fresh = table.probability(second, units: 8)
        let seasoned = table.probability(second, progress: 8, units: 8)
        #expect(fresh < 0.4 && seasoned > 0.8)
    }

    @Test func farBytesMustBeSurer() {
        var table = RunSurvival()
        for _ in 0..<100 { table.enter(second) }
        for distance in 0..<RunSurvival.distances {
            for _ in 0..<50 { table.reach(second, distance: distance) }
        }
        // One in two goes on, and then for ever: enough for what is near, not for what can wait.
        #expect(
            table.unitsAhead(second, progress: 0, near: 16, chance: 1.0 / 3, general: nil) == 16)
    }

    /// All go on for ever: what is far is fetched as well, but not where it can as well be fetched later.
    @Test func whatCanWaitForFreeWaits() {
        var table = RunSurvival()
        for _ in 0..<50 { table.enter(second) }
        for distance in 0..<RunSurvival.distances {
            for _ in 0..<50 { table.reach(second, distance: distance) }
        }
        func worth(_ farChance: Float?) -> Int64 {
            table.unitsAhead(
                second, progress: 0, near: 16, chance: 1.0 / 3, farChance: farChance, general: nil)
        }
        #expect(worth(RunSurvival.farChanceMin) > 16)
        #expect(worth(nil) == 16)
    }
}

@Suite struct ChanceNeighbourTests {
    private let lone = RunSurvival.Situation(shape: .forward, stage: 0, size: 0)
    private let second = RunSurvival.Situation(shape: .forward, stage: 2, size: 0)

    /// 27 lone reads that stayed alone: (0 + 3 × 0.28) / 30 of 0.28 is a tenth, and so is what two reads in order are worth.
    @Test func whereLoneReadsStayAloneTwoInOrderAreChance() {
        var table = RunSurvival()
        #expect(abs(table.probability(second, units: 1) - 0.55) < 1e-5)
        for _ in 0..<27 { table.enter(lone) }
        #expect(abs(table.probability(second, units: 1) - 0.055) < 1e-5)
        #expect(table.unitsAhead(second, progress: 0, near: 4, chance: 1.0 / 3, general: nil) == 0)
        // A fourth read in order is no chance.
        let fourth = RunSurvival.Situation(shape: .forward, stage: 4, size: 0)
        #expect(abs(table.probability(fourth, units: 1) - 0.85) < 1e-5)
    }

    /// What was seen of second reads themselves outweighs what lone ones say.
    @Test func aSecondReadThatGoesOnIsBelieved() {
        var table = RunSurvival()
        for _ in 0..<27 { table.enter(lone) }
        for _ in 0..<40 {
            table.enter(second)
            table.reach(second, distance: 0)
        }
        #expect(table.probability(second, units: 1) > 0.9)
    }

    /// A run that begins anew enters its stage again, and what it goes on for after the hop is not what it went on for before.
    @Test func whatComesAfterAHopIsAnotherRun() {
        var general = RunSurvival()
        var none: RunSurvival?
        var marks = RunMarks()
        marks.note(second, progress: 2, file: &none, general: &general)
        marks.forget(from: 2)
        marks.note(second, progress: 3, file: &none, general: &general)
        // Two entered and none came a unit far; the asking one is no witness: (0 + 3 × 0.55) / 4.
        #expect(abs(general.probability(second, units: 1) - 1.65 / 4) < 1e-5)
    }
}

@Suite struct PrefetchPaceTests {
    private let link = LinkState(roundTrip: .milliseconds(8), bandwidth: 100e6)

    @Test func aLoneCopyGetsAllLanes() {
        #expect(PrefetchPace.bytesMax(streams: 1, rate: 90e6, link: link, requestMax: 1) == .max)
        #expect(PrefetchPace.bytesMax(streams: 1, rate: nil, link: link, requestMax: 1) == .max)
        #expect(
            PrefetchPace.bytesMax(streams: 5, rate: 1, link: LinkState(), requestMax: 1) == .max)
    }

    /// 1.5 × 100 MB/s × 8 ms = 1.2 MB and a request, at least four requests.
    @Test func severalReadersLeaveRoom() {
        #expect(
            PrefetchPace.bytesMax(streams: 4, rate: 90e6, link: link, requestMax: 100_000)
                == 1_300_000)
        #expect(
            PrefetchPace.bytesMax(streams: 1, rate: 1e6, link: link, requestMax: 1_000_000)
                == 4_000_000)
    }
}
