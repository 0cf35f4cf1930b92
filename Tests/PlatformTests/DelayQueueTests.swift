import Testing

@testable import Platform

@Suite struct DelayQueueTests {
    @Test func jobsRunInTheOrderOfTheirTimesAndNotBefore() {
        let clock = SystemClock()
        let queue = DelayQueue(clock: clock)
        let ran = ConditionMutex<[Int]>([])
        let early = Mutexed(0)
        let start = clock.monotonic
        for (number, delay) in [(2, 30), (0, 10), (3, 30), (1, 20)] {
            let due = start + .milliseconds(delay)
            queue.submit(due: due) {
                if clock.monotonic < due { early.withLock { $0 += 1 } }
                ran.withLock { ran, condition in
                    ran.append(number)
                    condition.broadcast()
                }
            }
        }
        ran.wait { ran, _ in ran.count == 4 ? () : nil }
        #expect(ran.withLock { ran, _ in ran } == [0, 1, 2, 3])
        #expect(early.withLock { $0 } == 0)
        queue.stop()
    }

    @Test func whatWaitsWhenItStopsIsDropped() {
        final class Held: Sendable {}
        let queue = DelayQueue(clock: SystemClock())
        weak var held: Held?
        do {
            let mine = Held()
            held = mine
            queue.submit(due: .seconds(1 << 40)) { withExtendedLifetime(mine) {} }
        }
        #expect(held != nil)
        queue.stop()
        #expect(held == nil)
        queue.submit(due: .zero) { Issue.record("it has ended") }
    }
}
