import Model
import TestSupport
import Testing

@testable import Foresight

/// Readers that jump: what chance makes neighbours of is not read ahead, and what somebody reads in order beside it is.
@Suite struct RandomReaderTests {
    private static let block = 64 * kibibyte
    private static let blocks = 1024
    private static let file: UInt64 = 1

    /// 192 of 1024 blocks, each once.
    private static func picks(_ seed: UInt64) -> [Int64] {
        var chance = SplitMix(seed: seed)
        return (0..<blocks).map { Int64($0) * block }.shuffled(using: &chance)[..<192].map { $0 }
    }

    private static func read(_ feeder: inout Feeder, _ start: Int64, handle: UInt64 = 1) {
        feeder.read(
            start, block, file: file, size: Int64(blocks) * block, handle: handle,
            after: .milliseconds(2))
    }

    /// Of 200 readers the median had 19 % more fetched than it asked for, and the worst 59 %, while a hop counted as going on.
    @Test func whatChanceMakesNeighboursOfIsHardlyReadAhead() {
        let asked = 192 * Self.block
        let issued = (UInt64(0)..<200).map { seed in
            var feeder = Feeder()
            for start in Self.picks(seed) { Self.read(&feeder, start) }
            return Double(feeder.bytesIssued) / Double(asked)
        }.sorted()
        #expect(issued[100] <= 0.03, "median \(issued[100])")
        #expect(issued[199] <= 0.30, "worst \(issued[199])")
    }

    /// Somebody else comes through the same file from its middle.
    @Test(arguments: [UInt64(1), 2, 3])
    func whoReadsInOrderBesideItIsReadAhead(seed: UInt64) {
        var feeder = Feeder()
        let picks = Self.picks(seed)
        for start in picks[..<96] { Self.read(&feeder, start) }
        var ahead = 0
        for (turn, start) in picks[96...].enumerated() {
            Self.read(&feeder, start)
            let next = Int64(Self.blocks / 2 + turn) * Self.block
            if feeder.issued.contains(where: { $0.range.contains(next) }) { ahead += 1 }
            Self.read(&feeder, next, handle: 2)
        }
        // A jump into its neighbourhood takes it off its way for a few reads.
        #expect(ahead >= 64, "\(ahead) of 96, seed \(seed)")
    }

    /// `larder explain` says what the planner does.
    @Test func explainCallsItRandomAndNamesTheStreamInIt() throws {
        var feeder = Feeder()
        let picks = Self.picks(7)
        for start in picks[..<96] { Self.read(&feeder, start) }
        let alone = try #require(feeder.foresight.explain(FileNumber(Self.file), at: feeder.now))
        #expect(alone.pattern == "random")
        for (turn, start) in picks[96...].enumerated() {
            Self.read(&feeder, start)
            Self.read(&feeder, Int64(Self.blocks / 2 + turn) * Self.block, handle: 2)
        }
        let beside = try #require(feeder.foresight.explain(FileNumber(Self.file), at: feeder.now))
        #expect(beside.pattern == "sequential")
    }
}
