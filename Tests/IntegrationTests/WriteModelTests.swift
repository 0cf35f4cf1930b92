import Glibc
import Model
import TestSupport
import Testing

extension IntegrationTests {
    /// A view that is written behaves as a plain directory does: same answers, errors, contents, sizes, times,
    /// owners and link counts, whatever is done to it; and its share holds all of it.
    ///
    /// Generated operations are done to a view and to a directory beside it, in turn, with evictions, restarts
    /// and kills between them. A failure says its seed: `LARDER_TEST_SEED` repeats it.
    @Suite struct WriteModelTests {
        private struct Run {
            var consistency: String
            /// Of the share; nil is a plain directory.
            var slowShare: Bool
            var operations: Int
            /// Of one that failed once; nil: another each time.
            var seed: UInt64?
        }

        private static let runs = [
            Run(consistency: "eventual", slowShare: false, operations: 4000),
            Run(consistency: "strict", slowShare: false, operations: 4000),
            Run(consistency: "eventual", slowShare: true, operations: 2000),
            Run(consistency: "strict", slowShare: true, operations: 2000),
            // Copied within a file of several names, which had lost the one by which it was read.
            Run(
                consistency: "strict", slowShare: false, operations: 2300,
                seed: 17_486_716_515_426_342_357),
        ]

        @Test(.timeLimit(.minutes(10)), arguments: 0..<5)
        func theViewIsAsADirectory(number: Int) throws {
            let run = Self.runs[number]
            let area = Area.current
            let seed = run.seed ?? TestRun.seed &+ 5000 &+ UInt64(number)
            var generator = SplitMix(seed: seed)
            var history = OperationHistory(seed: seed)
            let model = try area.makeDirectory("model")
            let directory = try area.makeDirectory("truth")
            // Between them nothing else is to differ, times of the roots included.
            for root in [model, directory] {
                try Calls.setModified(root, seconds: TestLibrary.longAgo)
            }
            let share =
                run.slowShare
                ? try RunningSlowShare(area, directory: directory).path : directory
            var options = RunningView.Options(consistency: run.consistency)
            // It begins empty, as a NAS does that is not mounted.
            options.more = ["force"] + (TestRun.isRoot ? ["allow_other"] : [])
            let view = try RunningView(area, share: share, options)
            let twins = Twins(model: model, view: view)
            var actor = TwinOperator(twins, users: TestRun.isRoot ? [1000, 1001] : [])
            let operations = TestRun.scaled(run.operations)
            while history.count < operations {
                var difference: String?
                switch Int.random(in: 0..<4000, using: &generator) {
                case 0..<2: difference = try restart(view, options, &actor, &generator, &history)
                case 2..<6:
                    try view.evict()
                    history.add(event: "evict")
                case 6..<60:
                    let readsFiles = generator.chance(30)
                    history.add("compare everything")
                    difference = try view.guarded("compare", within: 60) {
                        try actor.twins.difference(readsFiles: readsFiles)
                    }
                default:
                    (difference) = try view.guarded("an operation") {
                        let (what, difference) = try actor.step(&generator)
                        history.add(what)
                        return difference
                    }
                }
                if let difference {
                    Issue.record("\(difference)\n\(history.text)")
                    return
                }
            }
            let left = try view.guarded("compare", within: 60) {
                try actor.twins.difference(readsFiles: true)
            }
            #expect(left == nil, "\(history.text)")
            actor.twins.handles = []
            try view.stop()
        }

        private func restart(
            _ view: RunningView, _ options: RunningView.Options, _ actor: inout TwinOperator,
            _ generator: inout SplitMix, _ history: inout OperationHistory
        ) throws -> String? {
            // What was not sent is lost with the daemon, and nobody was promised it.
            if let difference = actor.twins.settle() { return difference }
            actor.twins.handles = []
            let isKilled = generator.chance(50)
            history.add(event: isKilled ? "kill -9" : "restart")
            try isKilled ? view.killAndRestart(options) : view.restart(options)
            return try view.guarded("compare", within: 60) {
                try actor.twins.difference(readsFiles: true)
            }
        }
    }
}
