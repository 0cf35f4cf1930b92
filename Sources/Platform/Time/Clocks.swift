public import Model

import Glibc
import Synchronization

/// Where loops get the time from; tests put ``ManualClock`` in.
public protocol LarderClock: Sendable {
    /// Time that only moves forward, since an arbitrary start.
    var monotonic: Duration { get }
    /// The date, as files are stamped with it.
    var wall: Timestamp { get }
}

public struct SystemClock: LarderClock {
    public init() {}

    public var monotonic: Duration {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return .seconds(now.tv_sec) + .nanoseconds(now.tv_nsec)
    }

    /// ``monotonic`` as a number, for who measures each of many short things: a `Duration` has 128 bits.
    public static var nanoseconds: UInt64 {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return UInt64(now.tv_sec) &* 1_000_000_000 &+ UInt64(now.tv_nsec)
    }

    public var wall: Timestamp {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Timestamp(now)
    }
}

/// A clock that a test moves by hand.
public final class ManualClock: LarderClock {
    private let state: Mutex<(elapsed: Duration, start: Timestamp)>

    public init(start: Timestamp = Timestamp(seconds: 1_800_000_000)) {
        state = Mutex((.zero, start))
    }

    public func advance(by duration: Duration) {
        state.withLock { $0.elapsed += duration }
    }

    public var monotonic: Duration { state.withLock { $0.elapsed } }

    public var wall: Timestamp {
        state.withLock { state in
            let (seconds, attoseconds) = state.elapsed.components
            return Timestamp(
                seconds: state.start.seconds + seconds,
                nanoseconds: UInt32(attoseconds / 1_000_000_000))
        }
    }
}

extension Duration {
    /// Seconds as a floating-point number.
    public var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }
}
