import Glibc
import Model
import TestSupport
import Testing

extension IntegrationTests {
    /// Two views of one share and programs on the share itself take turns at changing it, views are killed, remounted and
    /// evicted, and a plain directory is changed in the same way. A folder with many names lies beside.
    ///
    /// After each turn the share holds what the directory holds, whose hand it was sees that at once, and the others do as
    /// `docs/SEMANTICS.md` says. `LARDER_TEST_SCALE` makes it longer, and above 1 tries more kinds of shares;
    /// `LARDER_TEST_KINDS=sshfs,server` and `LARDER_TEST_CONSISTENCY=strict` try these, so that others can be tried beside;
    /// `LARDER_TEST_SEED` repeats a failure.
    @Suite struct ManyHandsTests {
        enum Kind: String, CaseIterable, Sendable {
            case directory, server
            /// A server with times of whole seconds, by a clock that is behind.
            case otherClock
            case sshfs

            static let tried: [Kind] = {
                if let chosen = TestRun.variable("LARDER_TEST_KINDS") {
                    return chosen.split(separator: ",").compactMap { Kind(rawValue: String($0)) }
                }
                return TestRun.scale > 1
                    ? allCases.filter { $0 != .sshfs || TestRun.hasSSHFS } : [.directory, .server]
            }()
        }

        static let consistencies =
            TestRun.variable("LARDER_TEST_CONSISTENCY").map { [$0] } ?? ["strict", "eventual"]

        @Test(.timeLimit(.minutes(90)), arguments: consistencies, Kind.tried)
        func allSeeTheSame(consistency: String, kind: Kind) throws {
            var hands = try ManyHands(Area.current, isStrict: consistency == "strict", kind)
            for _ in 0..<TestRun.scaled(consistency == "strict" ? 12 : 6) {
                if let wrong = try hands.turn() {
                    Issue.record("\(wrong)\n\(hands.story(about: wrong))")
                    return
                }
            }
            try hands.end()
        }
    }
}
