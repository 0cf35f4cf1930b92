import Synchronization

/// Counts the removals that the disk has not carried out in time. Threads: any.
final class OverdueRemovals: Sendable {
    /// One removal; overdue between ``begin()`` and ``end()``, in whichever order they come.
    final class Removal: Sendable {
        private enum State {
            case underWay
            case overdue
            case ended
        }

        private let state = Mutex(State.underWay)
        private let all: OverdueRemovals

        fileprivate init(_ all: OverdueRemovals) {
            self.all = all
        }

        func begin() {
            state.withLock { state in
                guard state == .underWay else { return }
                state = .overdue
                all.count.add(1, ordering: .acquiringAndReleasing)
            }
        }

        func end() {
            state.withLock { state in
                if state == .overdue { all.count.subtract(1, ordering: .acquiringAndReleasing) }
                state = .ended
            }
        }
    }

    private let count = Atomic(0)

    var areNone: Bool { count.load(ordering: .acquiring) == 0 }

    func removal() -> Removal { Removal(self) }
}
