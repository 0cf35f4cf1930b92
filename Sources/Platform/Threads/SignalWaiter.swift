import Glibc

/// Signals as events on one thread instead of handlers that interrupt all others.
///
/// ``block(_:)`` must run on the main thread before any other thread starts, so that every thread
/// inherits the mask (``startThread(name:_:)`` blocks all signals anyway) and `sigwait(3)` is the
/// only taker.
public enum SignalWaiter {
    /// Ends a mount in good order.
    public static let ending: [Int32] = [SIGTERM, SIGINT]
    /// Also taken from the default action: a closed terminal must not kill a mount half-way.
    public static let all: [Int32] = [SIGTERM, SIGINT, SIGHUP]

    /// Blocks `signals` in the calling thread.
    public static func block(_ signals: [Int32] = all) {
        var set = set(of: signals)
        pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Starts the thread that takes `signals`; `handle` is called on it once per signal until it
    /// says false.
    public static func start(
        _ signals: [Int32] = all, _ handle: @escaping @Sendable (_ signal: Int32) -> Bool
    ) {
        startThread(name: "signals") {
            var set = set(of: signals)
            while true {
                var taken: Int32 = 0
                guard sigwait(&set, &taken) == 0 else { continue }
                if !handle(taken) { return }
            }
        }
    }

    private static func set(of signals: [Int32]) -> sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
        return set
    }
}
