import Platform
import TestSupport
import Testing

@Suite struct WorkerPoolTests {
    /// A pool of one thread that is held until ``release()``, and what ran after that.
    private final class HeldPool: Sendable {
        let pool: WorkerPool
        private let gate = Gate()
        private let ran = ConditionMutex<[String]>([])

        init(queueMax: Int = 10_000) {
            pool = WorkerPool(name: "held", threads: 1, queueMax: queueMax)
            _ = pool.submit { [gate] in gate.pass() }
            gate.waitFor(1)
        }

        func submit(_ name: String, urgent: Bool = false) -> WorkerPool.Ticket? {
            pool.submit(urgent: urgent) { [ran] in ran.withLock { ran, _ in ran.append(name) } }
        }

        /// - Returns: the names of all jobs, in the order in which they ran.
        func release() -> [String] {
            gate.open()
            pool.stop()
            return ran.withLock { ran, _ in ran }
        }
    }

    @Test func whatIsPromotedRunsBehindWhatIsUrgentAndBeforeTheRest() throws {
        let held = HeldPool()
        _ = held.submit("a")
        let b = try #require(held.submit("b"))
        let c = try #require(held.submit("c"))
        let urgent = try #require(held.submit("urgent", urgent: true))
        for ticket in [c, c, urgent, .settled] { held.pool.promote(ticket) }
        #expect(held.release() == ["urgent", "c", "a", "b"])
        held.pool.promote(b)
    }

    /// Across the places where the queue forgets what has run.
    @Test func eachOfManyRunsOnceHoweverManyArePromoted() throws {
        let held = HeldPool()
        let names = (0..<5000).map(String.init)
        let tickets = try names.map { try #require(held.submit($0)) }
        for (number, ticket) in tickets.enumerated() where number % 3 == 0 {
            held.pool.promote(ticket)
        }
        let promoted = names.indices.filter { $0 % 3 == 0 }.map { names[$0] }
        let others = names.indices.filter { $0 % 3 != 0 }.map { names[$0] }
        #expect(held.release() == promoted + others)
    }

    @Test func aFullQueueRefusesAndWhatWasPromotedMakesRoom() throws {
        let held = HeldPool(queueMax: 2)
        _ = held.submit("a")
        let b = try #require(held.submit("b"))
        #expect(held.submit("c") == nil)
        held.pool.promote(b)
        #expect(held.submit("d") != nil)
        #expect(held.release() == ["b", "a", "d"])
        #expect(held.submit("e") == nil)
    }
}
