import Platform
import TestSupport
import Testing

@testable import View

/// Who looks at a file whose writers are being closed waits for the end of that, and not longer.
@Suite struct ClosingWritersTests {
    private final class Fixture {
        let clock = ManualClock()
        let delays: DelayQueue
        let writers: ClosingWriters
        let file = NodeID(raw: 7)

        init() {
            delays = DelayQueue(clock: clock)
            writers = ClosingWriters(clock: clock, delays: delays)
        }

        deinit { delays.stop() }

        func look() -> Mutexed<Bool> {
            let isAnswered = Mutexed(false)
            writers.onceClosed(file) { isAnswered.withLock { $0 = true } }
            return isAnswered
        }
    }

    @Test func aLookWaitsForTheCloseOnTheShare() {
        let fixture = Fixture()
        let (writers, file) = (fixture.writers, fixture.file)
        #expect(fixture.look().withLock { $0 })
        writers.flushed(1, of: file)
        let first = fixture.look()
        writers.released(1, of: file)
        let second = fixture.look()
        #expect(!first.withLock { $0 } && !second.withLock { $0 })
        #expect(writers.closed(1, of: file))
        #expect(first.withLock { $0 } && second.withLock { $0 })
        #expect(!writers.areAny)
    }

    @Test func ofSeveralWritersTheLastOneIsWaitedFor() {
        let fixture = Fixture()
        let (writers, file) = (fixture.writers, fixture.file)
        writers.released(1, of: file)
        writers.released(2, of: file)
        let look = fixture.look()
        #expect(!writers.closed(1, of: file))
        #expect(!look.withLock { $0 })
        #expect(writers.closed(2, of: file))
        #expect(look.withLock { $0 })
    }

    /// As those have that a shell starts with its own output.
    @Test func onlyTheFirstLookWaitsInVainForADescriptorThatOthersHave() {
        let fixture = Fixture()
        let (writers, file) = (fixture.writers, fixture.file)
        writers.flushed(1, of: file)
        let first = fixture.look()
        #expect(!first.withLock { $0 })
        fixture.clock.advance(by: .milliseconds(250))
        #expect(Eventually.holds { first.withLock { $0 } })
        writers.flushed(1, of: file)
        #expect(fixture.look().withLock { $0 })
        // Its end is waited for as any.
        writers.released(1, of: file)
        let last = fixture.look()
        #expect(!last.withLock { $0 })
        #expect(writers.closed(1, of: file))
        #expect(last.withLock { $0 } && !writers.areAny)
    }

    @Test func aShareThatDoesNotCloseIsNotWaitedForToTheEnd() {
        let fixture = Fixture()
        fixture.writers.released(1, of: fixture.file)
        let look = fixture.look()
        fixture.clock.advance(by: .seconds(1))
        #expect(Eventually.holds { look.withLock { $0 } })
        #expect(!fixture.writers.closed(1, of: fixture.file))
        #expect(!fixture.writers.areAny)
    }

    /// The usual order: the look comes between the close and the release, and then the share hangs.
    @Test func aLookThatCameBeforeTheReleaseDoesNotHangWithTheShare() {
        let fixture = Fixture()
        let (writers, file) = (fixture.writers, fixture.file)
        writers.flushed(1, of: file)
        let look = fixture.look()
        writers.released(1, of: file)
        fixture.clock.advance(by: .milliseconds(250))
        fixture.clock.advance(by: .milliseconds(750))
        #expect(Eventually.holds { look.withLock { $0 } })
    }

    /// A descriptor that its opener's children have too was closed once, long ago.
    @Test func anOldFlushOfAnotherWriterKeepsNobodyWaiting() {
        let fixture = Fixture()
        let (writers, file) = (fixture.writers, fixture.file)
        writers.flushed(1, of: file)
        fixture.clock.advance(by: .milliseconds(300))
        writers.released(2, of: file)
        let look = fixture.look()
        #expect(!look.withLock { $0 })
        #expect(writers.closed(2, of: file))
        #expect(look.withLock { $0 })
    }

    @Test func othersAreNotWaitedFor() {
        let fixture = Fixture()
        fixture.writers.released(1, of: NodeID(raw: 8))
        #expect(fixture.look().withLock { $0 })
    }
}
