import Platform

/// Holds jobs, each as a disk or a share that hangs would, until the test lets them go.
public final class Gate: Sendable {
    private let state = ConditionMutex((isOpen: false, waiting: 0))

    public init() {}

    public func pass() {
        state.withLock { state, condition in
            state.waiting += 1
            condition.broadcast()
        }
        state.wait { state, _ in state.isOpen ? () : nil }
    }

    public func open() {
        state.withLock { state, condition in
            state.isOpen = true
            condition.broadcast()
        }
    }

    /// Returns when so many have come.
    public func waitFor(_ count: Int) {
        state.wait { state, _ in state.waiting >= count ? () : nil }
    }
}
