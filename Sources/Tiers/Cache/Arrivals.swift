import Synchronization

/// Calls back once when everything that a prefetch asked for has come or failed.
final class Arrivals: Sendable {
    /// What is still to come, and one for the thread that asks.
    private let outstanding = Atomic<Int>(1)
    private let completion: @Sendable () -> Void

    init(completion: @escaping @Sendable () -> Void) {
        self.completion = completion
    }

    func expect() {
        outstanding.add(1, ordering: .relaxed)
    }

    func done() {
        if outstanding.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { completion() }
    }
}
