import Glibc
import Synchronization
import TestSupport
import Testing

/// A call on a view that did not come back.
struct Hang: EndOfWaiting, CustomStringConvertible {
    var what: String
    var seconds: Double

    var description: String { "hung for \(seconds) s: \(what)" }
}

/// Turns a call that hangs into a failure: kills the daemons, at which the kernel lets the caller
/// go.
///
/// A thread per call would do as well, and cost more than the calls.
final class Watchdog: Sendable {
    private struct Watched {
        var what: String
        var end: Double
        var hasExpired = false
    }

    private struct State {
        var watched: [UInt64: Watched] = [:]
        var next: UInt64 = 0
        var isStopped = false
    }

    private let state = Mutex(State())
    private let release: @Sendable () -> Void

    /// - Parameter release: frees every caller that hangs.
    init(release: @escaping @Sendable () -> Void) {
        self.release = release
    }

    func start() {
        startTestThread { [self] in
            while check() { usleep(50_000) }
        }
    }

    func stop() {
        state.withLock { $0.isStopped = true }
    }

    private func check() -> Bool {
        let now = secondsNow()
        let (goesOn, hasExpired) = state.withLock { state -> (Bool, Bool) in
            var hasExpired = false
            for key in state.watched.keys where state.watched[key].map({ $0.end < now }) == true {
                state.watched[key]?.hasExpired = true
                hasExpired = true
            }
            return (!state.isStopped, hasExpired)
        }
        if hasExpired { release() }
        return goesOn
    }

    /// Runs `body`, which may block on a view.
    func guarded<Value>(
        _ what: @autoclosure () -> String, within seconds: Double, _ body: () throws -> Value
    ) throws -> Value {
        let text = what()
        let key = state.withLock { state in
            state.next += 1
            state.watched[state.next] = Watched(what: text, end: secondsNow() + seconds)
            return state.next
        }
        let result = Result { try body() }
        let watched = state.withLock { $0.watched.removeValue(forKey: key) }
        if watched?.hasExpired == true { throw Hang(what: text, seconds: seconds) }
        return try result.get()
    }
}
