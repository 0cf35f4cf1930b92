import Model

/// The row of an event: its time in milliseconds, and a number among those of the same millisecond.
///
/// Rows in the order of time make ranges of time, and the oldest events, ranges of rows: no column and no index for the
/// time. 47 bits of milliseconds reach to the year 6429; times before 1970 are kept as 1970.
struct EventKey: Hashable, Comparable, Sendable {
    static let sequenceBits: Int64 = 16
    private static let millisecondsMax: Int64 = (1 << 47) - 1

    var number: Int64

    init(number: Int64) {
        self.number = number
    }

    /// The first of the millisecond in which `time` is.
    init(firstAt time: Timestamp) {
        number = Self.milliseconds(time) << Self.sequenceBits
    }

    /// The last one of the same millisecond.
    var lastOfMillisecond: EventKey { EventKey(number: number | ((1 << Self.sequenceBits) - 1)) }

    var time: Timestamp { Self.time(milliseconds: max(0, number >> Self.sequenceBits)) }

    static func < (left: EventKey, right: EventKey) -> Bool { left.number < right.number }

    static func milliseconds(_ time: Timestamp) -> Int64 {
        guard time.seconds >= 0 else { return 0 }
        let seconds = min(time.seconds, millisecondsMax / 1000 - 1)
        return seconds * 1000 + Int64(min(time.nanoseconds, 999_999_999) / 1_000_000)
    }

    static func time(milliseconds: Int64) -> Timestamp {
        Timestamp(
            seconds: milliseconds / 1000, nanoseconds: UInt32(milliseconds % 1000) * 1_000_000)
    }

    /// `time` as a store gives it back.
    static func kept(_ time: Timestamp) -> Timestamp {
        Self.time(milliseconds: milliseconds(time))
    }
}
