import Model
import Testing

/// When a version can be told from every later one.
@Suite struct FingerprintTests {
    private let now = Timestamp(seconds: 1_800_000_000)

    private func isSettled(age: Int64, nanoseconds: UInt32 = 0, seenFor: Duration) -> Bool {
        Fingerprint(
            size: 1, modified: Timestamp(seconds: now.seconds - age, nanoseconds: nanoseconds)
        ).isSettled(asOf: now, seenFor: seenFor)
    }

    /// The share's clock may be behind ours by hours, or ahead, and has whole seconds.
    @Test(arguments: [-1_000_000, -600, -1, 0, 1, 3, 10, 3600, 80_000] as [Int64])
    func aTimeInWholeSecondsSettlesByBeingLookedAt(age: Int64) {
        for seenFor in [Duration.zero, .milliseconds(1900)] {
            #expect(!isSettled(age: age, seenFor: seenFor))
        }
        #expect(isSettled(age: age, seenFor: .seconds(2)))
    }

    @Test func aTimeOfLongAgoIsSettled() {
        #expect(isSettled(age: 100_000, seenFor: .zero))
        #expect(isSettled(age: 1_000_000_000, seenFor: .zero))
    }

    /// Its steps are of milliseconds.
    @Test func aFineTimeSettlesByItself() {
        #expect(isSettled(age: 3, nanoseconds: 5, seenFor: .zero))
        #expect(!isSettled(age: 1, nanoseconds: 5, seenFor: .zero))
        #expect(!isSettled(age: -600, nanoseconds: 5, seenFor: .zero), "ahead of our clock")
    }

    /// Whoever puts the modification time back moves nothing but the change time.
    @Test func aTimeThatWasPutBackSettlesByTheChangeTime() {
        func isSettled(changed age: Int64, nanoseconds: UInt32 = 0, seenFor: Duration) -> Bool {
            let changed = Timestamp(seconds: now.seconds - age, nanoseconds: nanoseconds)
            return Fingerprint(
                size: 1, modified: Timestamp(seconds: 1_000_000_000, nanoseconds: 5),
                strict: Fingerprint.Strict(changed: changed, inode: 1)
            ).isSettled(asOf: now, seenFor: seenFor)
        }
        #expect(!isSettled(changed: 1, nanoseconds: 5, seenFor: .zero))
        #expect(!isSettled(changed: 3600, seenFor: .zero))
        #expect(isSettled(changed: 3600, seenFor: .seconds(2)))
        #expect(isSettled(changed: 3, nanoseconds: 5, seenFor: .zero))
        #expect(isSettled(changed: 100_000, seenFor: .zero))
    }
}
