import Synchronization
import Testing

@testable import Fuse

@Suite struct InterruptTableTests {
    @Test func firesAnArmedHandlerOnce() {
        var table = InterruptTable()
        let token = table.reserve()
        let fired = Fired()
        let came = table.arm(token) { fired.add() }
        #expect(!came)
        table.fire(token)?()
        table.fire(token)?()
        #expect(fired.count == 1)
    }

    @Test func anInterruptBeforeArmingIsNotLost() {
        var table = InterruptTable()
        let token = table.reserve()
        let early = table.fire(token)
        let came = table.arm(token) {}
        let late = table.fire(token)
        #expect(early == nil && came && late == nil)
    }

    @Test func anAnsweredRequestIsNotInterrupted() {
        var table = InterruptTable()
        let token = table.reserve()
        _ = table.arm(token) {}
        table.remove(token)
        let handlers = [table.fire(token), table.fire(99)]
        #expect(handlers.allSatisfy { $0 == nil })
    }

    @Test func tokensAreNotUsedAgain() {
        var table = InterruptTable()
        let first = table.reserve()
        table.remove(first)
        let second = table.reserve()
        #expect(second != first)
    }

    private final class Fired: Sendable {
        private let calls = Mutex(0)
        var count: Int { calls.withLock { $0 } }
        func add() { calls.withLock { $0 += 1 } }
    }
}
