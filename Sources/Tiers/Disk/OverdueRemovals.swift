import Model
import Platform
import Synchronization

/// What had to leave the disk and has not, because the disk hangs or refuses, or the index cannot tell what there is. Until it
/// has, nothing that is stored is served; it is tried again and again; and a mark (``DiskMark/unremoved``) tells the next
/// session not to believe the index, should this one end before.
///
/// Threads: any; the work is done on one of its own, which is there as long as something is overdue.
final class OverdueRemovals: Sendable {
    /// Carries one out. - Returns: whether it outlasts a power failure.
    typealias Work = @Sendable (Removal) -> Bool

    private struct State {
        /// ``Removal/everything`` alone where there are more than can be remembered.
        var removals: Set<Removal> = []
        /// Changes with each that comes.
        var generation = 0
        var isWorking = false
        var isStopping = false
    }

    private static let removalsMax = 256
    /// Between two attempts: doubles with each.
    private static let retryMin = Duration.milliseconds(250)
    private static let retryMax = Duration.seconds(5)
    private static let markPatience = Duration.seconds(2)

    private let root: DescriptorReference
    private let work: Work
    private let guarded = ConditionMutex(State())
    private let isEmpty = Atomic(true)

    init(root: DescriptorReference, work: @escaping Work) {
        self.root = root
        self.work = work
    }

    var areNone: Bool { isEmpty.load(ordering: .acquiring) }

    /// From now on nothing is served. Blocks for the mark, and no longer than ``markPatience``.
    func add(_ removal: Removal) {
        let isFirst = guarded.withLock { state, _ -> Bool in
            // With the lock: what was carried out last may be about to say that there are none.
            isEmpty.store(false, ordering: .releasing)
            state.generation += 1
            if state.removals.count >= Self.removalsMax { state.removals = [.everything] }
            if !state.removals.contains(.everything) { state.removals.insert(removal) }
            defer { state.isWorking = true }
            return !state.isWorking
        }
        guard isFirst else { return }
        _ = withDeadline(Self.markPatience, thread: "larder-mark") { [root] in
            try? DiskMark.write(root, DiskMark.unremoved)
        }
        startThread(name: "larder-removals") { [self] in run() }
    }

    /// What is still overdue is left to the mark.
    func stop() {
        guarded.withLock { state, condition in
            state.isStopping = true
            condition.broadcast()
        }
    }

    private func run() {
        var pause = Self.retryMin
        while true {
            let todo = guarded.withLock { state, _ in state }
            if todo.isStopping { return }
            if todo.removals.allSatisfy(work) {
                DiskMark.remove(root, DiskMark.unremoved)
                let isOver = guarded.withLock { state, _ -> Bool in
                    guard state.generation == todo.generation else { return false }
                    state = State()
                    isEmpty.store(true, ordering: .releasing)
                    return true
                }
                if isOver { return }
                // More came meanwhile.
                try? DiskMark.write(root, DiskMark.unremoved)
            } else {
                _ = guarded.wait(timeout: pause) { state, _ in state.isStopping ? () : nil }
                pause = min(pause * 2, Self.retryMax)
            }
        }
    }
}
