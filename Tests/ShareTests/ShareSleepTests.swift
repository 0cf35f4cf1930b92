import Model
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Share

/// What becomes of whoever waits for the share when the machine is about to sleep.
@Suite struct ShareSleepTests: SchedulerTests {
    @Test func whoWaitsForASilentShareIsLetGoBeforeTheMachineSleeps() {
        let clock = ManualClock()
        clock.advance(by: .seconds(100))
        let scheduler = make(lanes: 4, clock: clock)
        let gate = Gate()
        let answers = Answers<Result<Int, Errno>>()
        // As many as there are lanes, and two more that wait.
        submitHanging(6, to: scheduler, at: gate, answers)
        gate.waitFor(4)
        clock.advance(by: .milliseconds(900))
        #expect(scheduler.prepareForSleep() == 0, "it may be about to answer")
        #expect(scheduler.isReachable)
        clock.advance(by: .milliseconds(100))
        #expect(scheduler.prepareForSleep() == 6)
        #expect(answers.wait(for: 6) == Array(repeating: .failure(.timedOut), count: 6))
        #expect(!scheduler.isReachable)
        gate.open()
        #expect(Eventually.holds { scheduler.isReachable }, "its first answer brings it back")
        scheduler.stop()
    }

    @Test func aShareThatAnswersIsNotGivenUpForOneSlowRead() {
        let clock = ManualClock()
        clock.advance(by: .seconds(100))
        let scheduler = make(lanes: 4, clock: clock)
        let gate = Gate()
        let slow = Answers<Result<Int, Errno>>()
        let quick = Answers<Result<Int, Errno>>()
        submitHanging(1, to: scheduler, at: gate, slow)
        gate.waitFor(1)
        clock.advance(by: .seconds(5))
        scheduler.submit(.demand) { () throws(Errno) -> Int in
            clock.advance(by: .milliseconds(1))
            return 2
        } completion: {
            quick.add($0)
        }
        #expect(quick.wait(for: 1) == [.success(2)])
        #expect(
            scheduler.prepareForSleep() == 1, "who waits for the slow one is let go all the same")
        #expect(slow.wait(for: 1) == [.failure(.timedOut)])
        #expect(scheduler.isReachable)
        gate.open()
        scheduler.stop()
    }

    /// Who goes to sleep takes the network away first: what began just before that hangs as well.
    @Test func aShareThatIsSilentNowIsGivenUpForTheSleepAndNoLonger() {
        let clock = ManualClock()
        clock.advance(by: .seconds(100))
        let scheduler = make(lanes: 4, clock: clock)
        let gate = Gate()
        scheduler.setProbe { () throws(Errno) in gate.pass() }
        let answers = Answers<Result<Int, Errno>>()
        submitHanging(2, to: scheduler, at: gate, answers)
        gate.waitFor(2)
        clock.advance(by: .milliseconds(100))
        let givenUp = scheduler.beginSleep(answerWithin: .milliseconds(200))
        #expect(givenUp == clock.monotonic, "all that is under way")
        #expect(answers.wait(for: 2) == Array(repeating: .failure(.timedOut), count: 2))
        #expect(!scheduler.isReachable, "nobody comes to wait")
        scheduler.endSleep()
        #expect(scheduler.isReachable, "who comes now has all his time")
        gate.open()
        scheduler.stop()
    }

    @Test func aShareThatAnswersIsNotTouchedByTheSleep() {
        let clock = ManualClock()
        clock.advance(by: .seconds(100))
        let scheduler = make(lanes: 4, clock: clock)
        scheduler.setProbe { () throws(Errno) in }
        let gate = Gate()
        let answers = Answers<Result<Int, Errno>>()
        submitHanging(2, to: scheduler, at: gate, answers)
        gate.waitFor(2)
        clock.advance(by: .milliseconds(900))
        // Its sign of life comes at once, whatever the two do.
        let givenUp = scheduler.beginSleep(answerWithin: .seconds(60))
        #expect(givenUp == clock.monotonic - ShareScheduler.sleepPatience)
        #expect(scheduler.isReachable)
        gate.open()
        #expect(answers.wait(for: 2) == [.success(1), .success(1)])
        scheduler.stop()
    }

    @Test(arguments: [true, false])
    func nothingIsDoneAheadBeforeTheMachineIsAwake(isTold: Bool) {
        let clock = ManualClock()
        clock.advance(by: .seconds(100))
        let scheduler = make(lanes: 4, clock: clock)
        let ahead = Answers<Errno?>()
        let demand = Answers<Errno?>()
        let submit = { (urgency: ShareScheduler.Urgency, answers: Answers<Errno?>) in
            scheduler.submit(urgency) { () throws(Errno) in
            } completion: { result in
                answers.add(result.failure)
            }
        }
        _ = scheduler.beginSleep(answerWithin: .seconds(60))
        _ = submit(.prefetch, ahead)
        _ = submit(.background, ahead)
        let promoted = submit(.prefetch, demand)
        _ = submit(.demand, demand)
        #expect(demand.wait(for: 1) == [nil])
        if let promoted { scheduler.promote(promoted) }
        #expect(demand.wait(for: 2) == [nil, nil], "somebody waits for it by now")
        #expect(scheduler.statistics.waiting == 2)
        if isTold {
            scheduler.endSleep()
        } else {
            clock.advance(by: ShareScheduler.sleepTime)
        }
        #expect(ahead.wait(for: 2) == [nil, nil])
        scheduler.stop()
    }
}
