import Platform

/// A moment for people: `Tue 2026-12-01 20:30`, local time.
enum MomentText {
    static func text(_ second: Int64) -> String {
        let fields = LocalTime.fields(of: second)
        return "\(day(fields)) \(clock(fields))"
    }

    /// `20:30`.
    static func clock(_ second: Int64) -> String { clock(LocalTime.fields(of: second)) }

    /// `Tue 2026-12-01`.
    static func day(_ second: Int64) -> String { day(LocalTime.fields(of: second)) }

    private static func clock(_ fields: LocalTime.Fields) -> String {
        "\(two(fields.second / 3600)):\(two(fields.second / 60 % 60))"
    }

    private static func day(_ fields: LocalTime.Fields) -> String {
        let (year, month, day) = date(ofDay: fields.day)
        // 1970-01-01 was a Thursday.
        let weekday = ((fields.day + 3) % 7 + 7) % 7
        return "\(weekdays[weekday]) \(year)-\(two(month))-\(two(day))"
    }

    private static let weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]

    /// The Gregorian calendar's date, days since 1970-01-01: 146,097 days are 400 years, counted from the first of March, so that the leap day is the
    /// last of its year.
    static func date(ofDay day: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
