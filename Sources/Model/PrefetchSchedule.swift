/// When the bytes of a prefetch will be wanted, as far as that is known: the share is asked in this order.
public struct PrefetchSchedule: Sendable, Hashable {
    /// What is wanted later than that can wait alike.
    public static let horizon = Duration.seconds(10)

    /// Monotonic time at which the first byte is wanted.
    public var due: Duration
    /// Where in the file the reader comes from, and the bytes per second at which he comes; 0 where that is not known.
    public var origin: Int64
    public var pace: Double

    public init(due: Duration = .zero, origin: Int64 = 0, pace: Double = 0) {
        self.due = due
        self.origin = origin
        self.pace = pace
    }

    /// When the byte at an offset is wanted; farther from ``origin`` is later.
    public func due(at offset: Int64) -> Duration {
        due + Self.way(abs(offset - origin), pace: pace)
    }

    /// What a reader takes for so many bytes, ``horizon`` at most; none where his pace is not known.
    public static func way(_ bytes: Int64, pace: Double) -> Duration {
        pace > 0 ? min(horizon, .seconds(min(3600, Double(bytes) / pace))) : .zero
    }
}
