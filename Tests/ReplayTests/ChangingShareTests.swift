import Foresight
import Model
import Testing

@testable import Replay

/// What becomes of readers when the share changes under them: 8 ms and 100 MB/s at first, and another way from a moment
/// on. A perfect reader knows all that will be read and is limited by the link and by what it may hold ahead.
@Suite struct ChangingShareTests {
    private static let second: Int64 = 1_000_000_000
    private static let read = 131_072

    private struct Outcome {
        var counts: ClientCounts
        var stall: Double { Double(counts.stall) / 1e9 }
        var length: Double { Double(counts.length) / 1e9 }
    }

    private static func change(
        _ second: Int64, roundTrip milliseconds: Int64, bandwidth: Double
    ) -> ShareModel.Change {
        ShareModel.Change(
            at: second * Self.second, roundTrip: milliseconds * 1_000_000, bandwidth: bandwidth)
    }

    /// A film of so many seconds at `rate` bytes per second; 0: as fast as it is answered.
    private func play(
        rate: Double, reads: Int, _ changes: [ShareModel.Change], memory: Int64? = nil
    ) throws -> Outcome {
        var lines = ["0,5,0,0,O,mpv:1,1"]
        for number in 0..<reads {
            let at = rate > 0 ? Double(number * Self.read) / rate : 0
            lines.append("\(at),5,\(number * Self.read),\(Self.read),R,mpv:1,1")
        }
        var share = ShareModel()
        // A change that changes nothing: the link is measured in all runs alike.
        share.changes = [Self.change(0, roundTrip: 8, bandwidth: 100e6)] + changes
        let model = try ClientModel(
            try Hand.clients(lines),
            try Hand.files(["1\tf/\t0", "5\tf/film.mkv\t\(reads * Self.read)"]), memory: memory,
            share: share, path: "t")
        let method = ClientForesight(
            ForesightSettings(strategy: .balanced, share: ShareModel()), model.neighbourhood,
            memory: model.memory)
        return Outcome(counts: ClientSimulation(model).run(method))
    }

    @Test func theModelledLinkIntegratesOverChanges() {
        var share = ShareModel(roundTrip: 1000, bandwidth: 1e9)
        share.changes = [
            ShareModel.Change(at: 500, roundTrip: 2000, bandwidth: 0.5e9),
            ShareModel.Change(at: 900, roundTrip: 3000, bandwidth: 2e9),
        ]
        #expect(share.roundTrip(at: 499) == 1000 && share.roundTrip(at: 500) == 2000)
        #expect(share.end(of: 100, from: 300) == 400)
        // 200 bytes before the first change, 200 in the 400 ns between, 100 at two per nanosecond.
        #expect(share.end(of: 500, from: 300) == 950)
        #expect(share.end(of: 500, from: 1000) == 1250)
    }

    /// Two round trips, for opening and reading, and 128 KiB on the link: nobody can have the first bytes sooner.
    private static let start = 0.016 + 0.001_310_72

    // MARK: A film at 4 MB/s

    @Test func withoutFaultsOnlyTheStartIsWaitedFor() throws {
        let film = try play(rate: 4e6, reads: 1800, [])
        #expect(abs(film.stall - Self.start) < 0.001)
        // Four seconds' worth, which is more than the link asks for (4 × 100 MB/s × 8 ms).
        #expect(film.counts.unreadMost <= 16_000_000 + (1 << 20))
    }

    /// 10 MB/s and 80 ms are enough for 4 MB/s.
    @Test func tenTimesSlowerInMidPlay() throws {
        let film = try play(
            rate: 4e6, reads: 1800, [Self.change(20, roundTrip: 80, bandwidth: 10e6)])
        #expect(abs(film.stall - Self.start) < 0.001)
    }

    /// Ten seconds at 2 MB/s: 40 MB are wanted, 20 come. A perfect reader with a window of four seconds has 16 MB, is 4 MB
    /// short and waits for one second. A window is topped up under half: with 8 MB, 12 are short, and that is three.
    @Test func theBandwidthCollapsesAndRecovers() throws {
        let film = try play(
            rate: 4e6, reads: 1800,
            [
                Self.change(20, roundTrip: 8, bandwidth: 2e6),
                Self.change(30, roundTrip: 8, bandwidth: 100e6),
            ])
        #expect(film.stall >= 1)
        #expect(film.stall <= 3 + Self.start)
        #expect(film.counts.unreadMost <= 16_000_000 + (1 << 20))
    }

    /// Two seconds of next to nothing are what half a window bridges.
    @Test func aShortHangGoesUnnoticed() throws {
        let film = try play(
            rate: 4e6, reads: 1800,
            [
                Self.change(20, roundTrip: 8, bandwidth: 0.1e6),
                Self.change(22, roundTrip: 8, bandwidth: 100e6),
            ])
        #expect(abs(film.stall - Self.start) < 0.001)
    }

    /// Windows follow: 4 × 100 MB/s × 80 ms are 32 MB, the limit is 32 MiB.
    @Test func theRoundTripJumps() throws {
        let film = try play(
            rate: 4e6, reads: 1800, [Self.change(20, roundTrip: 80, bandwidth: 100e6)])
        #expect(abs(film.stall - Self.start) < 0.001)
        #expect(film.counts.unreadMost > 24_000_000)
        #expect(film.counts.unreadMost <= (32 << 20) + (1 << 20))
    }

    // MARK: A copy of 1.05 GB

    /// What the link can carry, plus 100 ms: the first window takes the start and some doublings, one round trip each.
    @Test func aCopyTakesAllThatTheLinkGives() throws {
        let bytes = 8000 * Double(Self.read)
        let free = try play(rate: 0, reads: 8000, [])
        #expect(free.length <= bytes / 100e6 + 0.1)
        let far = try play(
            rate: 0, reads: 8000, [Self.change(4, roundTrip: 80, bandwidth: 100e6)])
        // From then on 14 lanes with 512 KiB each take a round trip and what one of them has on the link: 86 MB/s.
        let farRate = 14 * 524_288 / (0.080 + 524_288 / 100e6)
        #expect(far.length <= 4.1 + 0.072 + (bytes - 400e6) / farRate)
        // 400 MB in four seconds, 100 in the next ten, the rest at full speed again.
        let slow = try play(
            rate: 0, reads: 8000,
            [
                Self.change(4, roundTrip: 80, bandwidth: 10e6),
                Self.change(14, roundTrip: 8, bandwidth: 100e6),
            ])
        #expect(slow.length <= 14 + (bytes - 500e6) / 100e6 + 0.1 + 0.072)
    }

    /// 8 MiB of 16 may be ahead and unread; a request that was begun with less may end beyond it.
    @Test(arguments: [0, 8e6]) func nothingIsFetchedPastTheBudget(rate: Double) throws {
        let changes = [
            Self.change(2, roundTrip: 80, bandwidth: 10e6),
            Self.change(4, roundTrip: 8, bandwidth: 1e6),
            Self.change(6, roundTrip: 80, bandwidth: 100e6),
        ]
        let film = try play(rate: rate, reads: 2000, changes, memory: 16 << 20)
        #expect(film.counts.unreadMost > 4 << 20)
        #expect(film.counts.unreadMost <= (8 << 20) + (1 << 20))
        #expect(film.counts.fetched <= 2000 * Int64(Self.read) * 101 / 100)
    }
}
