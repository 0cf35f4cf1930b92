import Glibc

/// Sleeping, for the few loops that have nothing to be woken by.
public enum Pause {
    public static func wait(_ duration: Duration) {
        let (seconds, attoseconds) = max(.zero, duration).components
        var left = timespec(tv_sec: time_t(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
        var rest = timespec()
        while nanosleep(&left, &rest) == -1 && errno == EINTR { left = rest }
    }
}
