import Testing

@testable import Foresight

/// Reads of what is in memory because somebody read it before.
@Suite struct WarmReadTests {
    private static let step = 128 * kibibyte

    @Test func whoGoesThroughMemoryHasNothingFetched() {
        var feeder = Feeder()
        for number in 0..<64 {
            feeder.read(Int64(number) * Self.step, Self.step, isWarm: true)
        }
        #expect(feeder.issued.isEmpty)
    }

    /// The first half of a film is still in memory; where it ends the reader is known, and not a stranger.
    @Test func aStreamGoesAlongThroughWhatIsThere() {
        var feeder = Feeder()
        let cold = 100 * mebibyte
        for number in 0..<8 { feeder.read(cold + Int64(number) * Self.step, Self.step) }
        let there = cold + 8 * Self.step
        for number in 0..<256 {
            feeder.read(there + Int64(number) * Self.step, Self.step, isWarm: true)
        }
        let end = there + 256 * Self.step
        let requests = feeder.read(end, Self.step)
        #expect(requests.first?.range.lowerBound == end + Self.step)
        #expect(requests.reduce(0) { $0 + $1.range.count } > 1 << 20, "a window, not a first look")
    }

    /// A volume whose hot part is read in long runs and whose cold part in lone blocks: the runs are no reason to fetch
    /// what follows a lone block.
    @Test(arguments: [true, false])
    func howHotDataIsReadSaysNothingOfTheRest(isWarm: Bool) {
        var feeder = Feeder(unit: 4096)
        func read(_ page: Int, isWarm: Bool = false) {
            feeder.read(
                Int64(page) * 4 * kibibyte, 4 * kibibyte, size: 4096 * mebibyte, chunk: 4096,
                isWarm: isWarm)
        }
        // In no order, and apart from one another.
        func readCold(_ number: Int) { read(1 << 17 + number * number * 7919 % 4093 * 64) }
        for round in 0..<64 {
            for number in 0..<16 { read(1 << 19 + round * 4096 + number, isWarm: isWarm) }
            readCold(round)
        }
        let before = feeder.issued.count
        for round in 64..<96 { readCold(round) }
        #expect((feeder.issued.count == before) == isWarm)
    }

    /// The rest of a block comes with its first bytes: who reads it in small pieces is a reader like any other.
    @Test func smallReadsWithinABlockCount() {
        var feeder = Feeder()
        let piece = 8 * kibibyte
        let start = 300 * mebibyte
        for number in 0..<24 {
            let at = start + Int64(number) * piece
            feeder.read(at, piece, isWarm: at % (64 * kibibyte) != 0)
        }
        #expect(feeder.issued.contains { $0.range.lowerBound > start })
    }
}
