import Glibc

/// What time it is where the user is.
public enum LocalTime {
    /// Minutes since midnight, 0 ..< 1440; nil where the C library cannot tell. A changed time zone counts at once.
    public static func minuteOfDay() -> Int? {
        var now = time(nil)
        var local = tm()
        tzset()
        guard localtime_r(&now, &local) != nil else { return nil }
        return Int(local.tm_hour) * 60 + Int(local.tm_min)
    }

    /// A moment on the clock on the wall.
    public struct Fields: Hashable, Sendable {
        /// Days since 1970-01-01 of the local calendar.
        public var day: Int
        /// Since midnight, 0 ..< 86400.
        public var second: Int
    }

    /// Local time of a second since 1970; as it is in universal time where the C library cannot tell.
    public static func fields(of second: Int64) -> Fields {
        var moment = time_t(second)
        var local = tm()
        let ahead = localtime_r(&moment, &local) == nil ? 0 : Int64(local.tm_gmtoff)
        let shown = second + ahead
        let day = shown >= 0 ? shown / 86_400 : (shown + 1) / 86_400 - 1
        return Fields(day: Int(day), second: Int(shown - day * 86_400))
    }
}
