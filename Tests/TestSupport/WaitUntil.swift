import Glibc

/// An error after which nothing is to be waited for any more.
public protocol EndOfWaiting: Error {}

/// A condition that did not come true in time.
public struct ConditionTimedOut: Error, CustomStringConvertible {
    var what: String
    var seconds: Double
    var last: String

    public var description: String {
        "waited \(seconds) s for: \(what)\(last.isEmpty ? "" : "; last: \(last)")"
    }
}

/// Monotonic seconds.
public func secondsNow() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// Polls until `condition` gives a value.
///
/// - Parameters:
///   - what: for the message.
///   - seconds: the bound; generous, as only failures wait for it.
///   - condition: nil for not yet. What it throws counts as not yet, and is part of the message, but for
///     ``EndOfWaiting``.
@discardableResult
public func waitUntil<Value>(
    _ what: String, within seconds: Double = 20, poll interval: Double = 0.02,
    _ condition: () throws -> Value?
) throws -> Value {
    let end = secondsNow() + seconds
    var last = ""
    while true {
        do {
            if let value = try condition() { return value }
        } catch let end as any EndOfWaiting {
            throw end
        } catch {
            last = "\(error)"
        }
        guard secondsNow() < end else {
            throw ConditionTimedOut(what: what, seconds: seconds, last: last)
        }
        usleep(UInt32(interval * 1e6))
    }
}

/// As ``waitUntil(_:within:poll:_:)``, for what is only true or false.
public func waitUntil(
    _ what: String, within seconds: Double = 20, poll interval: Double = 0.02,
    isTrue condition: () throws -> Bool
) throws {
    try waitUntil(what, within: seconds, poll: interval) { try condition() ? () : nil }
}
