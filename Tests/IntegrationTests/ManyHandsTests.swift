import Glibc
import Model
import TestSupport
import Testing

extension IntegrationTests {
    /// Two views of one share and programs on the share itself take turns at changing it, views are killed, remounted and
    /// evicted, and a plain directory is changed in the same way.
    ///
    /// After each turn the share holds what the directory holds, whose hand it was sees that at once, and the others do as
    /// `docs/SEMANTICS.md` says. `LARDER_TEST_SCALE` makes it longer, `LARDER_TEST_SEED` repeats a failure.
    @Suite struct ManyHandsTests {
        private enum Hand: Int, CaseIterable {
            case one, two, share
        }

        @Test(
            .timeLimit(.minutes(90)), arguments: ["strict", "eventual"], ["directory", "server"])
        func allSeeTheSame(consistency: String, kind: String) throws {
            let area = Area.current
            let seed = TestRun.seed &+ (consistency == "strict" ? 8000 : 8100)
            var generator = SplitMix(seed: seed)
            var history = ViewModelTests.History(seed: seed)
            let isStrict = consistency == "strict"
            // The directory that is right, and the share that has to be as it.
            let model = try area.makeDirectory("model")
            let share = try area.makeDirectory("share")
            for place in [model, share] {
                var same = generator
                try TestLibrary.make(place, bigFiles: 0, using: &same)
            }
            let nas = kind == "server" ? try RunningSlowShare(area, directory: share) : nil
            var options = RunningView.Options(consistency: consistency)
            if !isStrict { options.propagation = "20ms" }
            let views = try ["one", "two"].map {
                try RunningView(area, share: nas?.path ?? share, name: $0, options)
            }
            var right = try ShareChanger(root: model)

            /// - Returns: what was wrong.
            func turn() throws -> String? {
                let hand = Hand.allCases[Int.random(in: 0..<3, using: &generator)]
                let root = hand == .share ? share : views[hand.rawValue].path
                var changer = try ShareChanger(root: root, catalogue: model)
                for _ in 0..<Int.random(in: 1...5, using: &generator) {
                    var same = generator
                    // Looked at before both, so that both choose the same.
                    try changer.look()
                    let done = try area.guarded("change by \(hand)", within: 60) {
                        try changer.change(&generator)
                    }
                    let expected = try right.change(&same)
                    history.add(event: "by \(hand): \(done)")
                    if done != expected { return "\(hand) got '\(done)' for '\(expected)'" }
                }
                var comparison = TreeComparison(share: model, view: share)
                comparison.comparesTimes = false
                if let wrong = comparison.differences().first { return "the share: \(wrong)" }
                for (index, view) in views.enumerated() {
                    let isAtOnce = isStrict || index == hand.rawValue
                    var left: [String] = []
                    do {
                        try waitUntil("view", within: isAtOnce ? 0 : 20, poll: 0.02) {
                            left = try view.differences(from: share)
                            return left.isEmpty
                        }
                    } catch {
                        return "view \(index + 1): \(left)"
                    }
                }
                return nil
            }

            for _ in 0..<TestRun.scaled(isStrict ? 12 : 6) {
                if let wrong = try turn() {
                    Issue.record("\(wrong)\n\(history.text(about: right.mentioned(in: wrong)))")
                    return
                }
                for (index, view) in views.enumerated() {
                    switch Int.random(in: 0..<30, using: &generator) {
                    case 0:
                        try view.restart(options)
                        history.add(event: "remount \(index + 1)")
                    case 1:
                        try view.killAndRestart(options)
                        history.add(event: "kill \(index + 1)")
                    case 2:
                        _ = try view.evict()
                        history.add(event: "evict \(index + 1)")
                    default: break
                    }
                }
            }
            for view in views { try view.stop() }
        }
    }
}
