import Glibc
import Model
import Platform
import TestSupport
import Testing

@testable import View

/// A share is changed by others, behind a view with all its tiers that is restarted now and then: each look gives what the share has.
///
/// Without a kernel, so that thousands of looks take seconds; `ViewModelTests` has the same with one, for pages, maps and killed daemons.
/// `LARDER_TEST_SEED` repeats a failure, `LARDER_TEST_SCALE` makes more of it.
@Suite struct ChangedShareTests {
    private static func fail(
        _ what: String, _ changer: ShareChanger, _ history: OperationHistory
    ) {
        Issue.record("\(what)\n\(history.text(about: changer.mentioned(in: what)))")
    }

    private static func limits(_ generator: inout SplitMix) -> ViewFixture.Limits {
        ViewFixture.Limits(
            memory: .mebibytes(generator.chance(50) ? 64 : 16),
            disk: .mebibytes([256, 96, 64].randomElement(using: &generator) ?? 64))
    }

    private static func pass(
        _ time: ClosedRange<Int64>, in fixture: ViewFixture, _ generator: inout SplitMix
    ) throws {
        try fixture.pass(.milliseconds(Int64.random(in: time, using: &generator)))
        if generator.chance(2) { fixture.kernel.shrink() }
        if generator.chance(1) { fixture.kernel.dropCaches() }
    }

    /// `strict` sees every change at once.
    @Test(arguments: 0..<4)
    func strictIsAlwaysExact(run: Int) throws {
        let seed = TestRun.seed &+ UInt64(run)
        var generator = SplitMix(seed: seed)
        var history = OperationHistory(seed: seed)
        let fixture = try ViewFixture(.strict, limits: Self.limits(&generator))
        // Two runs have more than the smallest disk tier holds.
        try TestLibrary.make(fixture.root, bigFiles: run < 2 ? 9 : 1, using: &generator)
        var changer = try ShareChanger(root: fixture.root)
        let operations = TestRun.scaled(6000)
        while history.count < operations {
            try Self.pass(0...400, in: fixture, &generator)
            switch Int.random(in: 0..<3000, using: &generator) {
            case 0..<2:
                try fixture.restart(Self.limits(&generator))
                history.add(event: "restart")
            case 2..<10:
                let path = changer.any(changer.files + changer.folders, &generator) ?? []
                _ = fixture.view.evict(RelativePath(bytes: path))
                history.add(event: "evict \(path.printable)")
            case 10..<400: history.add(event: try changer.change(&generator))
            default:
                let looker = PlainLooker(fixture)
                let (what, difference) = looker.look(changer, &generator)
                history.add(what)
                if let difference {
                    Self.fail(difference, changer, history)
                    return
                }
            }
        }
        for difference in try PlainLooker(fixture).differences() {
            Self.fail(difference, changer, history)
        }
    }

    /// `eventual` shows every change within a time, whatever it had cached; from then on each look is exact until the next change.
    @Test(arguments: 0..<2)
    func eventualGetsThere(run: Int) throws {
        let seed = TestRun.seed &+ 1000 &+ UInt64(run)
        var generator = SplitMix(seed: seed)
        var history = OperationHistory(seed: seed)
        let fixture = try ViewFixture(.eventual, limits: Self.limits(&generator))
        try TestLibrary.make(fixture.root, using: &generator)
        var changer = try ShareChanger(root: fixture.root)
        let operations = TestRun.scaled(6000)
        while history.count < operations {
            for _ in 0..<Int.random(in: 1...60, using: &generator) {
                history.add(event: try changer.change(&generator))
                // Old or new, an error or not: but an answer.
                history.add(PlainLooker(fixture).look(changer, &generator).what)
                try Self.pass(0...400, in: fixture, &generator)
            }
            if generator.chance(20) {
                try fixture.restart(Self.limits(&generator))
                history.add(event: "restart")
            }
            guard try settle(fixture, changer, history) else { return }
            for _ in 0..<900 {
                try Self.pass(0...400, in: fixture, &generator)
                let (what, difference) = PlainLooker(fixture).look(changer, &generator)
                history.add(what)
                if let difference {
                    Self.fail(difference, changer, history)
                    return
                }
            }
        }
    }

    /// Looks at everything until all is as on the share: for 60 seconds of the view's clock. What is asked behind the looker's back takes
    /// its time of this machine, too.
    private func settle(
        _ fixture: ViewFixture, _ changer: ShareChanger, _ history: OperationHistory
    ) throws -> Bool {
        var left: [String] = []
        let (start, machineStart) = (fixture.clock.monotonic, secondsNow())
        while fixture.clock.monotonic - start < .seconds(60) || secondsNow() - machineStart < 20 {
            let looker = PlainLooker(fixture)
            left = try looker.differences()
            if left.isEmpty { left = looker.shownThoughGone(changer) }
            if left.isEmpty { return true }
            try fixture.pass(.milliseconds(300))
            sched_yield()
        }
        Self.fail("60 seconds later: \(left)", changer, history)
        return false
    }
}
