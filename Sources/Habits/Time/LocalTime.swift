/// A moment on the clock on the wall: a day of the local calendar and a second of it.
public struct LocalTime: Sendable, Hashable, Comparable {
    /// Days since 1970-01-01 of the local calendar.
    public var day: Int32
    /// Seconds since midnight by the clock on the wall: 0 ..< 86400. On a day on which the clock is set, some come twice or not at all.
    public var second: Int32

    public init(day: Int, second: Int) {
        self.day = Int32(clamping: day)
        self.second = Int32(clamping: min(max(0, second), Self.daySeconds - 1))
    }

    static let daySeconds = 86_400

    /// 0 ... 23.
    public var hour: Int { Int(second) / 3600 }
    /// 0 for Monday ... 6 for Sunday. The first day, 1970-01-01, was a Thursday.
    public var weekday: Int { Self.weekday(ofDay: Int(day)) }

    static func weekday(ofDay day: Int) -> Int {
        let rest = (day + 3) % 7
        return rest < 0 ? rest + 7 : rest
    }

    /// Seconds since the first day's midnight, if all days had the same length.
    var linear: Int { Int(day) * Self.daySeconds + Int(second) }

    init(linear: Int) {
        let day = linear >= 0 ? linear / Self.daySeconds : (linear + 1) / Self.daySeconds - 1
        self.init(day: day, second: linear - day * Self.daySeconds)
    }

    public static func < (left: LocalTime, right: LocalTime) -> Bool {
        (left.day, left.second) < (right.day, right.second)
    }
}
