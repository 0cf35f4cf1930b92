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
}
