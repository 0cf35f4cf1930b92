import Model
import Testing

@testable import slowshare

@Suite struct FaultsTests {
    private func verdicts(_ faults: inout Faults, _ kind: OperationKind, _ count: Int) -> [Bool] {
        (0..<count).map { _ in faults.verdict(on: kind) != .proceed }
    }

    private func expect(
        _ faults: inout Faults, _ kind: OperationKind, _ expected: Faults.Verdict,
        location: SourceLocation = #_sourceLocation
    ) {
        let verdict = faults.verdict(on: kind)
        #expect(verdict == expected, sourceLocation: location)
    }

    @Test func aHealthyShareLetsEverythingPass() {
        var faults = Faults()
        for kind in OperationKind.allCases {
            let verdict = faults.verdict(on: kind)
            #expect(verdict == .proceed)
        }
    }

    @Test(arguments: [(1, 3), (2, 5), (7, 7), (1, 100), (99, 100)])
    func aShareOfCallsFails(count: Int, of: Int) {
        var faults = Faults()
        _ = faults.add(.init(kind: .read, error: .ioError, pattern: .share(count: count, of: of)))
        let failed = verdicts(&faults, .read, 10 * of)
        for start in stride(from: 0, to: failed.count, by: of) {
            #expect(failed[start..<start + of].count(where: { $0 }) == count)
        }
        #expect(faults.rules[0].calls == 10 * of)
        #expect(faults.rules[0].fired == 10 * count)
    }

    @Test func otherKindsAreNeitherHitNorCounted() {
        var faults = Faults()
        _ = faults.add(.init(kind: .read, error: .ioError, pattern: .share(count: 1, of: 1)))
        let failed = verdicts(&faults, .lookup, 3)
        #expect(failed == [false, false, false])
        #expect(faults.rules[0].calls == 0)
    }

    @Test(arguments: 1...6)
    func theNthCallFailsOnce(number: Int) {
        var faults = Faults()
        _ = faults.add(.init(kind: nil, error: .noSpace, pattern: .nth(number)))
        let failed = verdicts(&faults, .write, 6)
        #expect(failed.firstIndex(of: true) == number - 1)
        #expect(failed.count(where: { $0 }) == 1)
        #expect(faults.rules[0].fired == 1)
    }

    @Test func theFirstRuleThatHitsDecides() {
        var faults = Faults()
        _ = faults.add(.init(kind: .read, error: .ioError, pattern: .share(count: 1, of: 1)))
        _ = faults.add(.init(kind: nil, error: .stale, pattern: .share(count: 1, of: 1)))
        expect(&faults, .read, .fail(.ioError))
        expect(&faults, .lookup, .fail(.stale))
        #expect(faults.rules.map(\.calls) == [1, 2])
        faults.clearRules()
        expect(&faults, .read, .proceed)
    }

    @Test func reachGoesBeforeRules() {
        var faults = Faults()
        _ = faults.add(.init(kind: nil, error: .ioError, pattern: .nth(1)))
        faults.reach = .offline(.hostDown)
        expect(&faults, .getattr, .failAtOnce(.hostDown))
        faults.reach = .hanging
        expect(&faults, .getattr, .hold)
        faults.reach = .online
        expect(&faults, .getattr, .fail(.ioError))
    }

    @Test func whatReleasesMeetsNoFault() {
        var faults = Faults()
        faults.reach = .hanging
        _ = faults.add(.init(kind: nil, error: .ioError, pattern: .share(count: 1, of: 1)))
        for kind: OperationKind in [.forget, .release, .releasedir] {
            expect(&faults, kind, .proceed)
        }
    }

    @Test func rulesAreBounded() {
        var faults = Faults()
        let rule = Faults.Rule(kind: nil, error: .ioError, pattern: .nth(1))
        let added = (0...Faults.rulesMax).map { _ in faults.add(rule) }
        #expect(added.lastIndex(of: true) == Faults.rulesMax - 1)
    }
}
