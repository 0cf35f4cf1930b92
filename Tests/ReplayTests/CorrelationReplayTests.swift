import TestSupport
import Testing

@testable import Replay

@Suite struct CorrelationReplayTests {
    private func report(_ accesses: [Int32], cachePercent: Int = 25) -> CorrelationReport {
        CorrelationReplay(AccessSequence(accesses), chunk: 1, cachePercent: cachePercent).report()
    }

    /// A loop of 100 chunks through 25 places: least recently used misses all of it, the rules nearly nothing.
    @Test func aLoopIsCovered() {
        let report = report((0..<1000).map { Int32($0 % 100) })
        // The last 40 % of 1000 accesses.
        #expect(report.accesses == 400)
        #expect(report.misses == 400)
        #expect(report.cacheChunks == 25)
        for row in [report.frozen, report.online] {
            #expect((row.coverage ?? 0) > 0.97)
            #expect(row.precision == 1)
            // What is fetched is used: only the last few are still there.
            #expect((row.extraTraffic ?? 1) <= 0.02)
            #expect(row.used + row.misses == 400)
            #expect(!row.isOff)
            #expect(row.switchedOffAt.isEmpty)
        }
    }

    @Test func randomReadsAreLeftAlone() {
        var numbers = SplitMix(seed: 3)
        let report = report((0..<3000).map { _ in Int32.random(in: 0..<400, using: &numbers) })
        for row in [report.frozen, report.online] {
            #expect(row.issued == 0)
            #expect(row.misses == report.misses)
            #expect(row.extraTraffic == 0)
            #expect(row.isOff)
            #expect(row.switchedOffAt == [0])
        }
    }

    /// The loop goes another way round in each pass of the judged part: what was learned is wrong, and it is said where that was noticed.
    @Test func whatHasChangedIsNoticed() {
        var numbers = SplitMix(seed: 5)
        let first = (0..<1500).map { Int32($0 % 100) }
        // Blocks of ten chunks still look familiar, and what follows them is any other.
        let rest = (0..<100).flatMap { _ -> [Int32] in
            let start = Int32.random(in: 0..<90, using: &numbers)
            return (0..<10).map { start + $0 }
        }
        let row = report(first + rest).online
        #expect(!row.switchedOffAt.isEmpty)
        #expect((row.precision ?? 1) < 0.9)
        #expect(row.issued >= row.used + row.unused)
    }

    /// Of two places, what is fetched ahead is gone before it is used. Each failure makes the next try rarer.
    @Test func aCacheThatIsTooSmallForItEndsInTheShadow() {
        let report = report((0..<4000).map { Int32($0 % 100) }, cachePercent: 2)
        #expect(report.cacheChunks == 2)
        #expect((report.online.extraTraffic ?? 1) < 0.15)
        #expect(report.online.switchedOffAt.count < 12)
    }

    @Test func figuresAreTheSameEachTime() {
        var numbers = SplitMix(seed: 11)
        let accesses = (0..<3000).map { turn in
            turn % 3 == 0 ? Int32.random(in: 0..<300, using: &numbers) : Int32(turn % 90)
        }
        #expect(report(accesses) == report(accesses))
    }
}
