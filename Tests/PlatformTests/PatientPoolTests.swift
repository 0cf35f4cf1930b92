import Glibc
import Platform
import Synchronization
import TestSupport
import Testing

@Suite struct PatientPoolTests {
    private enum Outcome: Equatable {
        case done(Int)
        case givenUp
    }

    /// What jobs ended with, by name, to be waited for.
    private final class Outcomes: Sendable {
        let all = ConditionMutex<[String: Outcome]>([:])

        func note(_ name: String, _ result: Int?) {
            all.withLock { all, condition in
                all[name] = result.map { .done($0) } ?? .givenUp
                condition.broadcast()
            }
        }

        subscript(name: String) -> Outcome? {
            all.wait(timeout: .seconds(10)) { all, _ in all[name] }
        }
    }

    @Test func whatHangsIsGivenUpWithWhatWaitsBehindIt() {
        let pool = PatientPool(
            name: "patient", threads: 1, queueMax: 10, patience: .milliseconds(40))
        let outcomes = Outcomes()
        let (gate, begun) = (Gate(), Gate())
        let hasRun = Atomic(false)
        #expect(
            pool.submit(urgent: false) {
                begun.open()
                gate.pass()
                return 1
            } completion: {
                outcomes.note("hung", $0)
            } != nil)
        begun.pass()
        #expect(
            pool.submit(urgent: true) {
                hasRun.store(true, ordering: .relaxed)
                return 2
            } completion: {
                outcomes.note("behind", $0)
            } != nil)
        #expect(outcomes["hung"] == .givenUp)
        #expect(outcomes["behind"] == .givenUp)

        // The thread is the pool's again, the late result nobody's, and what nobody waits for is not begun.
        gate.open()
        #expect(
            pool.submit(urgent: false) {
                3
            } completion: {
                outcomes.note("after", $0)
            } != nil)
        #expect(outcomes["after"] == .done(3))
        #expect(outcomes["hung"] == .givenUp)
        let wasBegun = hasRun.load(ordering: .relaxed)
        #expect(!wasBegun)
        pool.stop()
        #expect(
            pool.submit(urgent: false) {
                4
            } completion: {
                outcomes.note("stopped", $0)
            } == nil)
        #expect(outcomes.all.withLock { all, _ in all["stopped"] } == nil)
    }

    /// A queue that takes long because there is much to do is not a disk that hangs.
    @Test func whatWaitsForOthersThatGoOnIsNotGivenUp() {
        let pool = PatientPool(name: "patient", threads: 1, queueMax: 100, patience: .seconds(2))
        let outcomes = Outcomes()
        for number in 0..<100 {
            #expect(
                pool.submit(urgent: false) {
                    number
                } completion: {
                    outcomes.note("\(number)", $0)
                } != nil
            )
        }
        for number in 0..<100 { #expect(outcomes["\(number)"] == .done(number)) }
        pool.stop()
    }

    @Test func aLentThreadDoesItsJobBeforeItGoesOn() {
        let pool = PatientPool(
            name: "patient", threads: 1, queueMax: 10, patience: .seconds(10), lentMax: 1)
        let outcomes = Outcomes()
        let own = pthread_self()
        #expect(
            pool.runHere {
                pthread_equal(own, pthread_self()) == 0 ? 0 : 1
            } completion: {
                outcomes.note("here", $0)
            })
        #expect(outcomes.all.withLock { all, _ in all["here"] } == .done(1))
        pool.stop()
        #expect(!pool.runHere({ 2 }) { outcomes.note("stopped", $0) })
        #expect(outcomes.all.withLock { all, _ in all["stopped"] } == nil)
    }

    @Test func whoWaitsForALentThreadThatHangsIsToldAndNoMoreAreLentThanSaid() {
        let pool = PatientPool(
            name: "patient", threads: 1, queueMax: 10, patience: .milliseconds(40), lentMax: 2)
        let outcomes = Outcomes()
        let gate = Gate()
        let begun = [Gate(), Gate()]
        let ended = [Gate(), Gate()]
        for number in 0..<2 {
            startThread(name: "lender") {
                _ = pool.runHere {
                    begun[number].open()
                    gate.pass()
                    return number
                } completion: {
                    outcomes.note("hung \(number)", $0)
                }
                ended[number].open()
            }
            begun[number].pass()
        }
        #expect(!pool.runHere({ 3 }) { outcomes.note("one too many", $0) })
        #expect(outcomes["hung 0"] == .givenUp)
        #expect(outcomes["hung 1"] == .givenUp)
        // Told, but still where they were.
        #expect(!pool.runHere({ 4 }) { outcomes.note("one too many", $0) })
        gate.open()
        for gate in ended { gate.pass() }
        #expect(outcomes["hung 0"] == .givenUp)
        #expect(pool.runHere({ 5 }) { outcomes.note("after", $0) })
        #expect(outcomes["after"] == .done(5))
        #expect(outcomes.all.withLock { all, _ in all["one too many"] } == nil)
        pool.stop()
    }
}
