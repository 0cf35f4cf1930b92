import Model
import TestSupport
import Testing

@testable import Foresight

/// Generated readers, the seed in every message.
@Suite struct ForesightPropertyTests {
    private struct Step {
        var file: UInt64
        var start: Int64
        var length: Int64
        var handle: UInt64
        var after: Duration
    }

    private static let size = 300 * mebibyte + 777

    /// Readers that stream, jump, go back, hop and come again, mixed.
    private func steps(_ seed: UInt64, count: Int) -> [Step] {
        var chance = SplitMix(seed: seed)
        var places = [Int64](repeating: 0, count: 6)
        var modes = [Int](repeating: 0, count: 6)
        return (0..<count).map { _ in
            let who = Int.random(in: 0..<6, using: &chance)
            if Int.random(in: 0..<40, using: &chance) == 0 {
                modes[who] = Int.random(in: 0..<4, using: &chance)
                places[who] = Int64.random(in: 0..<Self.size, using: &chance)
            }
            let length = Int64([4096, 65536, 131072, 1_000_003].randomElement(using: &chance) ?? 1)
            switch modes[who] {
            case 0: places[who] += length
            case 1: places[who] -= length
            case 2: places[who] += 3 * mebibyte
            default: places[who] = Int64.random(in: 0..<Self.size, using: &chance)
            }
            if !(0..<Self.size).contains(places[who]) { places[who] = 0 }
            return Step(
                file: UInt64(who % 3), start: places[who], length: length, handle: UInt64(who),
                after: .microseconds(Int.random(in: 0..<20_000, using: &chance)))
        }
    }

    @Test(arguments: [UInt64(11), 12, 13, 14])
    func boundsHoldWhateverIsRead(seed: UInt64) {
        let budget = 24 * mebibyte
        var feeder = Feeder(windowMax: 8 * mebibyte, budget: budget)
        for step in steps(seed, count: 5000) {
            let issued = feeder.read(
                step.start, step.length, file: step.file, size: Self.size, handle: step.handle,
                after: step.after)
            for request in issued {
                #expect(!request.range.isEmpty, "seed \(seed)")
                #expect(request.range.lowerBound >= 0, "seed \(seed)")
                #expect(request.range.upperBound <= Self.size, "seed \(seed)")
                #expect(request.range.count <= 9 * mebibyte, "seed \(seed)")
            }
            // One window may begin while there is room for a byte.
            let outstanding = feeder.foresight.scene.arbiter.ledger.outstanding
            #expect(outstanding <= budget + 9 * mebibyte, "seed \(seed)")
            #expect(outstanding >= 0, "seed \(seed)")
        }
        for track in feeder.foresight.scene.files.all {
            #expect(track.streams.count <= Foresight.streamsMax, "seed \(seed)")
            #expect(track.outstanding.count <= PredictionLedger.capacity, "seed \(seed)")
        }
    }

    @Test func theSameEventsGiveTheSamePlans() {
        var first = Feeder()
        var second = Feeder()
        for step in steps(21, count: 3000) {
            let one = first.read(
                step.start, step.length, file: step.file, size: Self.size, handle: step.handle,
                after: step.after)
            let two = second.read(
                step.start, step.length, file: step.file, size: Self.size, handle: step.handle,
                after: step.after)
            #expect(one == two)
        }
    }

    @Test func aStreamAsksForNothingTwice() {
        var feeder = Feeder()
        var asked: Int64 = 0
        for number in 0..<2000 {
            for request in feeder.read(
                Int64(number) * 100_000, 100_000, size: Self.size, after: .milliseconds(3))
            {
                #expect(request.range.lowerBound >= asked)
                asked = request.range.upperBound
            }
        }
    }

    @Test func memoryIsBounded() {
        var feeder = Feeder()
        for file in 0..<UInt64(3 * Foresight.filesMax) { feeder.read(0, 4096, file: file) }
        #expect(Array(feeder.foresight.scene.files.all).count <= Foresight.filesMax)
        #expect(feeder.foresight.explain(FileNumber(0), at: .zero) == nil)
        #expect(
            feeder.foresight.explain(FileNumber(UInt64(3 * Foresight.filesMax - 1)), at: .zero)
                != nil)
    }
}
