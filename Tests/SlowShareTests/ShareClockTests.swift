import Model
import Platform
import Testing

@testable import slowshare

/// Times of a server whose clock is another.
@Suite struct ShareClockTests {
    private func file(modified: Timestamp) -> FileAttributes {
        FileAttributes(inode: 1, mode: 0o100644, modified: modified, changed: modified)
    }

    @Test func timesAreThoseOfAClockThatIsBehind() {
        let clock = ShareClock(behind: .seconds(10), step: .seconds(1))
        let shown = clock.shown(
            file(modified: Timestamp(seconds: 1000, nanoseconds: 999_999_999)))
        #expect(shown.modified == Timestamp(seconds: 990))
        #expect(shown.changed == Timestamp(seconds: 990))
        // Before 1970 down is still down.
        let old = clock.shown(file(modified: Timestamp(seconds: 3, nanoseconds: 5)))
        #expect(old.modified == Timestamp(seconds: -7))
    }

    @Test func aTimeThatIsSetIsTheTimeThatIsRead() throws {
        let time = Timestamp(seconds: 500, nanoseconds: 250_000_000)
        for clock in [ShareClock(), ShareClock(behind: .milliseconds(700))] {
            var changes = AttributeChanges()
            changes.modified = .set(time)
            changes.accessed = .now
            let stored = clock.stored(changes)
            #expect(stored.accessed == .now)
            guard case .set(let kept) = stored.modified else {
                Issue.record("not set")
                return
            }
            #expect(clock.shown(file(modified: kept)).modified == time)
        }
    }
}
