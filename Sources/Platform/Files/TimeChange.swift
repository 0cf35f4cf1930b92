public import Model

import Glibc

/// What is to become of one of a file's times: `UTIME_OMIT`, `UTIME_NOW`, or a time. Three different wishes:
/// "now" is the file system's own clock, and needs only write permission where a given time needs ownership.
public enum TimeChange: Hashable, Sendable {
    case omit, now
    case set(Timestamp)

    /// As `utimensat(2)` wants it.
    var timespec: timespec {
        switch self {
        case .now: Glibc.timespec(tv_sec: 0, tv_nsec: (1 << 30) - 1)
        case .omit: Glibc.timespec(tv_sec: 0, tv_nsec: (1 << 30) - 2)
        case .set(let time): time.timespec
        }
    }
}
