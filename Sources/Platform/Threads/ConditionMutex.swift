import Glibc

/// State, the lock that guards it, and a condition to wait for: a monitor.
///
/// `Synchronization.Mutex` has no condition variable; queues that threads sleep on need one. Sound although
/// unchecked: `state` is reachable only inside ``withLock(_:)``, under the POSIX mutex.
public final class ConditionMutex<State: Sendable>: @unchecked Sendable {
    /// To wait and wake inside ``ConditionMutex/withLock(_:)``; not valid outside of it.
    public struct Condition {
        fileprivate let mutex: UnsafeMutablePointer<pthread_mutex_t>
        fileprivate let condition: UnsafeMutablePointer<pthread_cond_t>

        public func signal() { pthread_cond_signal(condition) }
        public func broadcast() { pthread_cond_broadcast(condition) }

        /// Gives the lock up until woken; wakes without cause happen, so wait in a loop.
        public func wait() { pthread_cond_wait(condition, mutex) }

        /// - Returns: false when `timeout` passed first.
        public func wait(timeout: Duration) -> Bool {
            var now = timespec()
            clock_gettime(CLOCK_MONOTONIC, &now)
            let (seconds, attoseconds) = max(.zero, timeout).components
            var until = now
            until.tv_sec += time_t(min(seconds, 1 << 30))
            until.tv_nsec += Int(attoseconds / 1_000_000_000)
            if until.tv_nsec >= 1_000_000_000 {
                until.tv_nsec -= 1_000_000_000
                until.tv_sec += 1
            }
            return pthread_cond_timedwait(condition, mutex, &until) == 0
        }
    }

    private var state: State
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    public init(_ state: State) {
        self.state = state
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    public func withLock<Result>(_ body: (inout State, Condition) throws -> Result) rethrows -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&state, Condition(mutex: mutex, condition: condition))
    }
}
