import Model
import Platform
import TestSupport
import Testing

@testable import Tiers

@Suite(.timeLimit(.minutes(1))) struct WriteBudgetTests {
    @Test func aDayHasSoMuch() {
        var budget = WriteBudget(at: .zero)
        func take(_ bytes: Int, _ priority: Priority, _ hours: Int64, of day: Int64 = 2400) -> Bool
        {
            budget.take(bytes, perDay: day, priority: priority, at: .seconds(hours * 3600))
        }
        // Scanners leave half of it.
        #expect(take(1200, .low, 0) && !take(1, .low, 0))
        #expect(take(1200, .medium, 0) && !take(1, .medium, 0))
        // A hundred an hour come back.
        #expect(!take(101, .high, 1) && take(100, .high, 1))
        // Never more than a day's.
        #expect(take(2400, .medium, 100) && !take(1, .medium, 100))
        #expect(take(1 << 40, .low, 100, of: 0))
    }

    /// What is beyond it is not written, and counted; what is pinned is, in any case.
    @Test func theDiskIsSpared() throws {
        let fixture = try DiskFixture()
        fixture.tier.setWritesPerDay(.mebibytes(4))
        let files = (0..<4).map { MadeFile("\($0).bin", size: 2 << 20) }
        for file in files { fixture.storeAll(file) }
        let pinned = MadeFile("kept/film.bin", size: 2 << 20)
        _ = try fixture.tier.pin(pinned.identity.path.parent, bytes: 2 << 20)
        fixture.storeAll(pinned)
        fixture.tier.drain()
        #expect(fixture.checkAll(files[0]) == fixture.blockCount(files[0]))
        #expect(fixture.checkAll(files[3]) == 0)
        #expect(fixture.checkAll(pinned) == fixture.blockCount(pinned))
        #expect(fixture.tier.statistics.storedBytes == .mebibytes(6))
        #expect(fixture.tier.statistics.rejections == UInt64(2 * fixture.blockCount(files[0])))
        // The figures outlast the session.
        let before = fixture.tier.statistics.history
        try fixture.reopen()
        #expect(fixture.tier.statistics.history == before)
    }

    /// After its time to live, at the hourly look: what nobody asked for again. What was asked for, or is pinned, stays.
    @Test func whatNobodyAsksForAgainGoesAfterItsTime() throws {
        let fixture = try DiskFixture()
        fixture.tier.setTimeToLive(.seconds(86400))
        let (unused, used) = (
            MadeFile("a/1.bin", size: 2 << 20), MadeFile("a/2.bin", size: 2 << 20)
        )
        let kept = MadeFile("kept/3.bin", size: 2 << 20)
        _ = try fixture.tier.pin(kept.identity.path.parent, bytes: 2 << 20)
        for file in [unused, used, kept] { fixture.storeAll(file) }
        fixture.tier.drain()
        fixture.checkAll(used)
        fixture.clock.advance(by: .seconds(23 * 3600))
        fixture.tier.drain()
        let young = MadeFile("a/4.bin", size: 1 << 20)
        fixture.storeAll(young)
        fixture.tier.drain()
        #expect(fixture.tier.statistics.evictions == 0)
        fixture.clock.advance(by: .seconds(2 * 3600))
        // One job for the keeper to see the time, one behind it.
        fixture.tier.drain()
        fixture.tier.drain()
        #expect(fixture.checkAll(unused) == 0)
        for file in [used, kept, young] {
            #expect(fixture.checkAll(file) == fixture.blockCount(file))
        }
    }
}
