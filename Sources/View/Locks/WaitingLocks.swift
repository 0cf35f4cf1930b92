import Platform
import Synchronization

/// Who waits for a lock on the share: asks again from time to time, since the share tells nobody that one came free,
/// and takes neither a thread nor a lane meanwhile.
///
/// A lock that is given up through this view wakes the next ones at once. Bounded by who submits: each entry is a
/// program that waits, or a lock that is to be given back.
final class WaitingLocks: Sendable {
    private struct Entry: Sendable {
        var node: NodeID
        var due: Duration
        /// Order of arrival.
        var number: UInt64
        var attempt: @Sendable () -> Void
    }

    private struct State: Sendable {
        var entries: [Entry] = []
        var last: UInt64 = 0
        var isStopped = false
    }

    /// The first pause, and the longest: doubled each time, so that a lock held for a moment is had soon, and one
    /// held for an hour costs the share four questions a second.
    static let pauses = Duration.milliseconds(5)...Duration.milliseconds(250)
    /// Woken by one lock that came free: more would mostly find it taken by the first.
    static let wokenMax = 4

    private let clock: any LarderClock
    private let guarded = ConditionMutex(State())

    init(clock: any LarderClock) {
        self.clock = clock
        startThread(name: "locks") { [guarded, clock] in Self.run(guarded, clock) }
    }

    static func pause(after last: Duration?) -> Duration {
        guard let last else { return pauses.lowerBound }
        return min(last * 2, pauses.upperBound)
    }

    /// - Parameter attempt: called once, after `pause` or sooner, on the timer's thread: must not block. Dropped
    ///   when the view ends.
    func add(_ node: NodeID, after pause: Duration, _ attempt: @escaping @Sendable () -> Void) {
        let due = clock.monotonic + pause
        guarded.withLock { state, condition in
            guard !state.isStopped else { return }
            state.last += 1
            state.entries.append(
                Entry(node: node, due: due, number: state.last, attempt: attempt))
            condition.signal()
        }
    }

    /// A lock on the file came free.
    func wake(_ node: NodeID) {
        let now = clock.monotonic
        guarded.withLock { state, condition in
            var woken = 0
            for index in state.entries.indices where state.entries[index].node == node {
                guard woken < Self.wokenMax else { break }
                state.entries[index].due = min(state.entries[index].due, now)
                woken += 1
            }
            if woken > 0 { condition.signal() }
        }
    }

    func stop() {
        let dropped = guarded.withLock { state, condition in
            state.isStopped = true
            condition.signal()
            defer { state.entries = [] }
            return state.entries
        }
        // Freed here, outside of the lock: a dropped request answers itself.
        withExtendedLifetime(dropped) {}
    }

    private enum Step: Sendable {
        case run([@Sendable () -> Void])
        case pause(Duration, until: Duration)
        case stop
    }

    private static func run(_ guarded: ConditionMutex<State>, _ clock: any LarderClock) {
        while true {
            let step = guarded.wait { state, _ -> Step? in
                if state.isStopped { return .stop }
                guard let first = state.entries.lazy.map(\.due).min() else { return nil }
                let now = clock.monotonic
                if first > now { return .pause(first - now, until: first) }
                let due = state.entries.filter { $0.due <= now }
                state.entries.removeAll { $0.due <= now }
                return .run(due.sorted { $0.number < $1.number }.map(\.attempt))
            }
            switch step {
            case .stop: return
            case .run(let attempts): for attempt in attempts { attempt() }
            case .pause(let left, let until):
                _ = guarded.wait(timeout: left) { state, _ in
                    let isSooner = state.entries.contains { $0.due < until }
                    return state.isStopped || isSooner ? () : nil
                }
            }
        }
    }
}
