import Model
import Platform
import TestSupport

@testable import Share

/// Collects what completions say, and lets the test wait for a number of them.
final class Answers<Value: Sendable>: Sendable {
    private let state = ConditionMutex<[Value]>([])

    func add(_ value: Value) {
        state.withLock { state, condition in
            state.append(value)
            condition.broadcast()
        }
    }

    func wait(for count: Int) -> [Value] {
        state.wait { state, _ in state.count >= count ? state : nil }
    }
}

/// What tests of the scheduler have in common.
protocol SchedulerTests {}

extension SchedulerTests {
    func make(lanes: Int, clock: any LarderClock = SystemClock()) -> ShareScheduler {
        ShareScheduler(
            lanes: lanes, deadline: .seconds(30), clock: clock, log: Log(write: { _ in }))
    }

    /// Jobs that hang at the gate until it is opened.
    func submitHanging(
        _ count: Int, to scheduler: ShareScheduler, at gate: Gate,
        _ answers: Answers<Result<Int, Errno>>
    ) {
        for _ in 0..<count {
            scheduler.submit(.demand) { () throws(Errno) -> Int in
                gate.pass()
                return 1
            } completion: {
                answers.add($0)
            }
        }
    }
}

extension Result {
    var failure: Failure? {
        if case .failure(let error) = self { return error }
        return nil
    }
}
