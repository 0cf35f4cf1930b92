import Model
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Share

/// A share that somebody wants to be taken for away.
@Suite struct HeldShareTests: SchedulerTests {
    private func ask(
        _ scheduler: ShareScheduler, isProbe: Bool = false
    ) -> Result<Int, Errno>? {
        let answers = Answers<Result<Int, Errno>>()
        scheduler.submit(.demand, isProbe: isProbe) { () throws(Errno) -> Int in
            1
        } completion: {
            answers.add($0)
        }
        return answers.wait(for: 1).first
    }

    @Test func whatIsHeldIsToldSoAtOnce() {
        let clock = ManualClock()
        clock.advance(by: .seconds(100))
        let scheduler = make(lanes: 2, clock: clock)
        let gate = Gate()
        let answers = Answers<Result<Int, Errno>>()
        submitHanging(6, to: scheduler, at: gate, answers)
        gate.waitFor(2)
        clock.advance(by: .seconds(1))
        #expect(scheduler.hold())
        #expect(!scheduler.hold(), "once")
        let told = answers.wait(for: 6)
        #expect(told.count { $0 == .failure(.networkDown) } == 4, "those that wait for a lane")
        #expect(told.count { $0 == .failure(.timedOut) } == 2, "and for a share that is silent")
        #expect(!scheduler.isReachable && scheduler.refusal == .networkDown)
        #expect(ask(scheduler) == .failure(.networkDown))
        #expect(
            ask(scheduler, isProbe: true) == .failure(.networkDown), "not even whether it is there")
        clock.advance(by: .seconds(10))
        #expect(!scheduler.takeProbe())
        #expect(scheduler.letGo())
        #expect(!scheduler.letGo())
        // It was silent, and nobody has heard of it since.
        #expect(scheduler.refusal == .timedOut)
        gate.open()
        #expect(Eventually.holds { scheduler.isReachable })
        #expect(ask(scheduler) == .success(1))
        scheduler.stop()
    }

    /// Its answer is not lost: what it has changed is changed.
    @Test func whatAShareThatAnswersIsAtIsWaitedFor() {
        let clock = ManualClock()
        clock.advance(by: .seconds(100))
        let scheduler = make(lanes: 2, clock: clock)
        let gate = Gate()
        let answers = Answers<Result<Int, Errno>>()
        submitHanging(1, to: scheduler, at: gate, answers)
        gate.waitFor(1)
        clock.advance(by: .milliseconds(900))
        scheduler.hold()
        gate.open()
        #expect(answers.wait(for: 1).allSatisfy { (try? $0.get()) != nil })
        #expect(scheduler.refusal == .networkDown, "an answer does not end it")
        scheduler.letGo()
        #expect(ask(scheduler) == .success(1), "and it is asked at once")
        scheduler.stop()
    }
}
