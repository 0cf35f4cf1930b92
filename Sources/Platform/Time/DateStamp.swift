public import Model

import Glibc

/// A moment as a part of a file's name: `20270131-235959`, UTC.
public enum DateStamp {
    public static func text(_ moment: Timestamp) -> String {
        var seconds = time_t(moment.seconds)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func padded(_ number: Int32, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let day =
            padded(parts.tm_year + 1900, 4) + padded(parts.tm_mon + 1, 2)
            + padded(parts.tm_mday, 2)
        return day + "-" + padded(parts.tm_hour, 2) + padded(parts.tm_min, 2)
            + padded(parts.tm_sec, 2)
    }
}
