import Glibc
import TestSupport
import Testing

extension IntegrationTests {
    /// A read gives the bytes of one version of the file, or an error; never bytes of another file,
    /// never garbage.
    ///
    /// Generated looks at a view, generated changes of its share, restarts, evictions and new
    /// limits; the share itself is the model. A failure says its seed: `LARDER_TEST_SEED` repeats
    /// it. `ChangedShareTests` has more of it, without a kernel; here are its pages and maps, and
    /// daemons that are killed.
    @Suite struct ViewModelTests {
        private func limits(_ options: RunningView.Options, _ generator: inout SplitMix)
            -> RunningView.Options
        {
            var options = options
            options.memory = generator.chance(50) ? "64M" : "16M"
            options.disk = ["256M", "96M", "64M"][Int.random(in: 0..<3, using: &generator)]
            return options
        }

        private func restart(
            _ view: RunningView, _ options: RunningView.Options, _ generator: inout SplitMix
        ) throws -> String {
            let options = limits(options, &generator)
            let isKilled = generator.chance(50)
            try isKilled ? view.killAndRestart(options) : view.restart(options)
            return
                "\(isKilled ? "kill -9" : "restart"), memory=\(options.memory), disk=\(options.disk)"
        }

        private func evict(
            _ view: RunningView, _ changer: ShareChanger, _ generator: inout SplitMix
        ) throws -> String {
            let paths = (changer.files + changer.folders).compactMap {
                String(validating: $0, as: UTF8.self)
            }
            let path = paths[Int.random(in: 0..<paths.count, using: &generator)]
            let result = try view.evict(path)
            // 3: nothing was cached.
            #expect([0, 3].contains(result.code), "\(result)")
            return "evict \(path)"
        }

        /// `strict` sees every change at once: each look equals the share at that moment.
        @Test(.timeLimit(.minutes(6)), arguments: 0..<4)
        func strictIsAlwaysExact(run: Int) throws {
            let seed = TestRun.seed &+ UInt64(run)
            var generator = SplitMix(seed: seed)
            var history = OperationHistory(seed: seed)
            let area = Area.current
            let share = try area.makeDirectory("share")
            // Two runs have more than the smallest disk tier holds.
            try TestLibrary.make(share, bigFiles: run < 2 ? 9 : 1, using: &generator)
            let options = RunningView.Options.strict
            let view = try RunningView(area, share: share, limits(options, &generator))
            var changer = try ShareChanger(root: share)
            let looker = ViewLooker(view)
            let operations = TestRun.scaled(2500)
            while history.count < operations {
                switch Int.random(in: 0..<3000, using: &generator) {
                case 0..<3: history.add(event: try restart(view, options, &generator))
                case 3..<11: history.add(event: try evict(view, changer, &generator))
                case 11..<400: history.add(event: try changer.change(&generator))
                default:
                    let (what, difference) = try looker.look(changer, &generator)
                    history.add(what)
                    if let difference {
                        Issue.record(
                            "\(difference)\n\(history.text(about: changer.mentioned(in: difference)))"
                        )
                        return
                    }
                }
            }
            #expect(try view.differences() == [], "\(history.text)")
            try view.stop()
        }

        /// `eventual` answers from the cache, and shows every change within a moment; then each
        /// look is exact until the next change.
        @Test(.timeLimit(.minutes(6)), arguments: 0..<2)
        func eventualGetsThere(run: Int) throws {
            let seed = TestRun.seed &+ 1000 &+ UInt64(run)
            var generator = SplitMix(seed: seed)
            var history = OperationHistory(seed: seed)
            let area = Area.current
            let share = try area.makeDirectory("share")
            try TestLibrary.make(share, using: &generator)
            let options = RunningView.Options.eventual(propagation: "20ms")
            let view = try RunningView(area, share: share, limits(options, &generator))
            var changer = try ShareChanger(root: share)
            let looker = ViewLooker(view)
            let operations = TestRun.scaled(3000)
            while history.count < operations {
                for _ in 0..<Int.random(in: 1...60, using: &generator) {
                    history.add(event: try changer.change(&generator))
                    // Old or new, an error or not: but an answer.
                    history.add(try looker.look(changer, &generator).what)
                }
                if generator.chance(20) {
                    history.add(event: try restart(view, options, &generator))
                }
                if generator.chance(50) { history.add(event: try evict(view, changer, &generator)) }
                var left: [String] = []
                do {
                    try waitUntil("the view shows the changes", within: 20, poll: 0.1) {
                        // The kernel lets go of a name a moment after its folder is listed without it.
                        left = try view.differences() + looker.shownThoughGone(changer)
                        return left.isEmpty
                    }
                } catch {
                    let about = left.flatMap { changer.mentioned(in: $0) }
                    Issue.record("\(error): \(left)\n\(history.text(about: about))")
                    return
                }
                for _ in 0..<900 {
                    let (what, difference) = try looker.look(changer, &generator)
                    history.add(what)
                    if let difference {
                        Issue.record(
                            "\(difference)\n\(history.text(about: changer.mentioned(in: difference)))"
                        )
                        return
                    }
                }
            }
            try view.stop()
        }
    }
}
