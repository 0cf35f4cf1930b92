import Model

@testable import Habits

/// A hand-driven calendar: days are counted from Monday, 2026-01-05.
enum HabitWorld {
    static let monday = 20_458

    /// Local time is universal time.
    static let clock = LocalClock(offsetSeconds: 0)

    static func time(_ day: Int, _ hour: Int, _ minute: Int = 0) -> LocalTime {
        LocalTime(day: monday + day, second: hour * 3600 + minute * 60)
    }

    static func second(_ day: Int, _ hour: Int, _ minute: Int = 0) -> Int64 {
        Int64(time(day, hour, minute).linear)
    }

    static func occasions(_ times: [LocalTime]) -> Occasions {
        var occasions = Occasions()
        for time in times { occasions.note(time) }
        return occasions
    }

    /// Central European time in 2026: an hour ahead, two from 29 March to 25 October, both at 01:00 universal time.
    static let berlin = LocalClock { second in
        let isSummer = second >= 1_774_746_000 && second < 1_792_890_000
        return LocalTime(linear: Int(second) + (isSummer ? 7200 : 3600))
    }
}
