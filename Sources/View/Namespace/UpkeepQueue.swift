import Model
import Platform

/// What is done behind the backs of those who look.
enum Upkeep: Sendable, Hashable {
    case revalidate(NodeID)
    case list(NodeID)
    /// A name of which a listing says that it is not there.
    case lookFor(NodeID, Name)
    /// Link targets were learned since the folder's listing was stored.
    case store(NodeID)
    /// Much memory was in use for a moment.
    case giveBack
}

/// Revalidations that wait for a pause of the lookers before they go to the share.
///
/// A burst of looks (`find`, a file manager opening a folder) then is answered from the cache without the share
/// working beside it, and its many questions become few: one listing instead of a hundred files. Bounded; what does not
/// fit is asked at a later look.
final class UpkeepQueue: Sendable {
    /// What waits, and until when.
    struct Gathering: Sendable {
        /// Nothing new for as long as this is a pause.
        static let pause = Duration.milliseconds(250)
        /// Who never pauses does not keep others from fresh answers: well under the propagation delay.
        static let delayMax = Duration.seconds(1)
        static let waitingMax = 4096

        private(set) var waiting: Set<Upkeep> = []
        private var first = Duration.zero
        private var last = Duration.zero

        /// nil while nothing waits.
        var due: Duration? {
            waiting.isEmpty ? nil : min(last + Self.pause, first + Self.delayMax)
        }

        /// - Returns: whether it is the first that waits.
        mutating func add(_ upkeep: Upkeep, at now: Duration) -> Bool {
            guard waiting.count < Self.waitingMax else { return false }
            let isFirst = waiting.isEmpty
            if isFirst { first = now }
            if waiting.insert(upkeep).inserted { last = now }
            return isFirst
        }

        /// Takes all of it where it is due.
        mutating func take(at now: Duration) -> Set<Upkeep>? {
            guard let due, now >= due else { return nil }
            return takeAll()
        }

        mutating func takeAll() -> Set<Upkeep> {
            defer { waiting = [] }
            return waiting
        }
    }

    private struct State: Sendable {
        var gathering = Gathering()
        var isStopping = false
    }

    private let guarded = ConditionMutex(State())
    private let clock: any LarderClock

    init(clock: any LarderClock) {
        self.clock = clock
    }

    /// - Parameter perform: called on the queue's own thread with each.
    func start(perform: @escaping @Sendable (Upkeep) -> Void) {
        startThread(name: "upkeep") { [guarded, clock] in Self.run(guarded, clock, perform) }
    }

    func add(_ upkeep: Upkeep) {
        let now = clock.monotonic
        guarded.withLock { state, condition in
            if state.gathering.add(upkeep, at: now) { condition.signal() }
        }
    }

    /// - Returns: what was still waiting.
    func stop() -> Set<Upkeep> {
        guarded.withLock { state, condition in
            state.isStopping = true
            condition.signal()
            return state.gathering.takeAll()
        }
    }

    private static func run(
        _ guarded: ConditionMutex<State>, _ clock: any LarderClock,
        _ perform: @Sendable (Upkeep) -> Void
    ) {
        while true {
            let due = guarded.wait { state, _ -> Duration?? in
                if state.isStopping { return .some(nil) }
                return state.gathering.due.map { .some($0) }
            }
            guard let due else { return }
            let isStopping = guarded.wait(timeout: due - clock.monotonic) { state, _ in
                state.isStopping ? true : nil
            }
            if isStopping == true { return }
            // Not due after all where others have come meanwhile.
            let batch = guarded.withLock { state, _ in state.gathering.take(at: clock.monotonic) }
            for upkeep in batch ?? [] { perform(upkeep) }
        }
    }
}
