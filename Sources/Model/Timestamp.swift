/// A point in wall-clock time as file systems keep it: seconds since 1970 and nanoseconds.
///
/// Both halves are kept apart because shares hand out times (year 2500, year 1) that do not fit
/// 64 bits of nanoseconds.
public struct Timestamp: Hashable, Comparable, Codable, Sendable {
    public var seconds: Int64
    /// 0 ..< 1_000_000_000 on sane shares; kept as it came otherwise.
    public var nanoseconds: UInt32

    public init(seconds: Int64, nanoseconds: UInt32 = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }

    /// Seconds from `earlier` to `self`, negative if `earlier` is later.
    public func seconds(since earlier: Timestamp) -> Double {
        Double(seconds) - Double(earlier.seconds)
            + (Double(nanoseconds) - Double(earlier.nanoseconds)) * 1e-9
    }
}
