import Platform

/// Revalidations that wait for a quarter of a second before they go to the share.
///
/// A burst of looks (`find`, a file manager opening a folder) then is answered from the cache without the share
/// working beside it, and its many questions become few: one listing instead of a hundred files. Bounded; what does not
/// fit is asked at a later look.
final class UpkeepQueue: Sendable {
    private struct State: Sendable {
        var waiting: Set<Namespace.Upkeep> = []
        var due: Duration?
        var isStopping = false
    }

    static let delay = Duration.milliseconds(250)
    static let waitingMax = 4096

    private let guarded = ConditionMutex(State())
    private let clock: any LarderClock

    /// - Parameter perform: called on the queue's own thread with each.
    init(clock: any LarderClock, perform: @escaping @Sendable (Namespace.Upkeep) -> Void) {
        self.clock = clock
        startThread(name: "upkeep") { [guarded] in Self.run(guarded, clock, perform) }
    }

    func add(_ upkeep: Namespace.Upkeep) {
        let now = clock.monotonic
        guarded.withLock { state, condition in
            guard state.waiting.count < Self.waitingMax, state.waiting.insert(upkeep).inserted
            else {
                return
            }
            if state.due == nil {
                state.due = now + Self.delay
                condition.signal()
            }
        }
    }

    /// - Returns: what was still waiting.
    func stop() -> Set<Namespace.Upkeep> {
        guarded.withLock { state, condition in
            state.isStopping = true
            condition.signal()
            defer { state.waiting = [] }
            return state.waiting
        }
    }

    private static func run(
        _ guarded: ConditionMutex<State>, _ clock: any LarderClock,
        _ perform: @Sendable (Namespace.Upkeep) -> Void
    ) {
        while true {
            let due = guarded.wait { state, _ -> Duration?? in
                if state.isStopping { return .some(nil) }
                return state.due.map { .some($0) }
            }
            guard let due else { return }
            let isStopping = guarded.wait(timeout: due - clock.monotonic) { state, _ in
                state.isStopping ? true : nil
            }
            if isStopping == true { return }
            let batch = guarded.withLock { state, _ in
                defer {
                    state.waiting = []
                    state.due = nil
                }
                return state.waiting
            }
            for upkeep in batch { perform(upkeep) }
        }
    }
}
