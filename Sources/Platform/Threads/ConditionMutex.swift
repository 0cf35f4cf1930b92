import Glibc

/// State, the lock that guards it, and a condition to wait for: a monitor.
///
/// `Synchronization.Mutex` has no condition variable; queues that threads sleep on need one. Sound although
/// unchecked: `state` is reachable only inside the closures below, under the POSIX mutex.
///
/// Waiting happens *between* calls of a closure and never inside one: while a closure holds `inout State`, the
/// optimiser may assume that nobody else changes it, and would keep its fields in registers across
/// `pthread_cond_wait`.
public final class ConditionMutex<State: Sendable>: @unchecked Sendable {
    /// Wakes who waits; for use inside ``ConditionMutex/withLock(_:)``.
    public struct Condition {
        fileprivate let raw: UnsafeMutablePointer<pthread_cond_t>

        public func signal() { pthread_cond_signal(raw) }
        public func broadcast() { pthread_cond_broadcast(raw) }
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

    public func withLock<Result>(_ body: (inout State, Condition) throws -> Result) rethrows
        -> Result
    {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&state, Condition(raw: condition))
    }

    /// Calls `body` under the lock, again after each wake-up, until it returns a value.
    public func wait<Result>(until body: (inout State, Condition) -> Result?) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            if let result = body(&state, Condition(raw: condition)) { return result }
            pthread_cond_wait(condition, mutex)
        }
    }

    /// As ``wait(until:)``. - Returns: nil when `timeout` passed first.
    public func wait<Result>(
        timeout: Duration, until body: (inout State, Condition) -> Result?
    ) -> Result? {
        var deadline = timespec()
        clock_gettime(CLOCK_MONOTONIC, &deadline)
        let (seconds, attoseconds) = max(.zero, timeout).components
        deadline.tv_sec += time_t(min(seconds, 1 << 30))
        deadline.tv_nsec += Int(attoseconds / 1_000_000_000)
        if deadline.tv_nsec >= 1_000_000_000 {
            deadline.tv_nsec -= 1_000_000_000
            deadline.tv_sec += 1
        }
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            if let result = body(&state, Condition(raw: condition)) { return result }
            if pthread_cond_timedwait(condition, mutex, &deadline) == ETIMEDOUT {
                return body(&state, Condition(raw: condition))
            }
        }
    }
}
