/// How much was opened in each local hour of the last four weeks: a ring of 672 counts, 2.7 KB.
///
/// From it come how much of the activity follows the hour and the weekday, and whether it grows. To advance it costs at most one pass
/// over the ring, however long nothing happened.
public struct ActivitySeries: Sendable {
    static let days = 28
    private static let hours = days * 24

    private var counts = [Float](repeating: 0, count: Self.hours)
    /// Local hours since 1970 of the newest place; nil before the first open.
    private var newest: Int?
    private var oldest = 0

    public init() {}

    /// An open at a local time. What is older than the ring is left out; a clock that goes back writes where it points.
    public mutating func note(_ time: LocalTime) {
        let hour = Int(time.day) * 24 + time.hour
        if let newest {
            if hour > newest { advance(from: newest, to: hour) }
            guard hour > (self.newest ?? hour) - Self.hours else { return }
            oldest = min(oldest, hour)
        } else {
            newest = hour
            oldest = hour
        }
        counts[place(hour)] += 1
    }

    /// Share of the variance of the hours that the hour of the day explains: 0 ... 1.
    public var dailyStrength: Double {
        let hours = wholeDays.flatMap { day in (0..<24).map { count(hour: day * 24 + $0) } }
        return Self.strength(hours, groups: 24) { $0 % 24 }
    }

    /// Share of the variance of the days that the weekday explains: 0 ... 1.
    public var weeklyStrength: Double {
        let first = wholeDays.lowerBound
        return Self.strength(totals, groups: 7) { LocalTime.weekday(ofDay: first + $0) }
    }

    /// A line through the days' totals.
    public struct Trend: Sendable, Equatable {
        /// Opens more per day with each day.
        public var perDay: Double
        /// Share of the variance that the line explains: 0 ... 1.
        public var fit: Double
    }

    /// Least squares over the whole days; nil for less than a week.
    public var trend: Trend? {
        let totals = totals
        guard totals.count >= 7 else { return nil }
        let count = Double(totals.count)
        let meanDay = (count - 1) / 2
        let mean = totals.reduce(0, +) / count
        var (together, days, total) = (0.0, 0.0, 0.0)
        for (day, value) in totals.enumerated() {
            let x = Double(day) - meanDay
            together += x * (value - mean)
            days += x * x
            total += (value - mean) * (value - mean)
        }
        let fit = total > 0 ? together * together / (days * total) : 0
        return Trend(perDay: together / days, fit: fit)
    }

    /// One minus the variance within groups over the whole, each by its degrees of freedom, so that chance gives 0 and not
    /// what small groups happen to share (the strength of seasonality of Hyndman and Athanasopoulos, with adjusted R²).
    static func strength(_ values: [Double], groups: Int, _ group: (Int) -> Int) -> Double {
        guard values.count >= 2 * groups else { return 0 }
        var sums = [Double](repeating: 0, count: groups)
        var counts = [Double](repeating: 0, count: groups)
        for (index, value) in values.enumerated() {
            sums[group(index)] += value
            counts[group(index)] += 1
        }
        let mean = values.reduce(0, +) / Double(values.count)
        var (within, whole) = (0.0, 0.0)
        for (index, value) in values.enumerated() {
            let own = sums[group(index)] / counts[group(index)]
            within += (value - own) * (value - own)
            whole += (value - mean) * (value - mean)
        }
        guard whole > 0 else { return 0 }
        let ratio = within / Double(values.count - groups) / (whole / Double(values.count - 1))
        return min(1, max(0, 1 - ratio))
    }

    /// Days between the first and the newest, which are not whole.
    private var wholeDays: Range<Int> {
        guard let newest else { return 0..<0 }
        let first = max(oldest, newest - Self.hours + 1)
        let start = Self.day(first + 23)
        return start..<max(start, Self.day(newest))
    }

    private var totals: [Double] {
        wholeDays.map { day in (0..<24).reduce(0) { $0 + count(hour: day * 24 + $1) } }
    }

    private static func day(_ hour: Int) -> Int {
        hour >= 0 ? hour / 24 : (hour + 1) / 24 - 1
    }

    private func count(hour: Int) -> Double { Double(counts[place(hour)]) }

    private func place(_ hour: Int) -> Int {
        let rest = hour % Self.hours
        return rest < 0 ? rest + Self.hours : rest
    }

    private mutating func advance(from newest: Int, to hour: Int) {
        for between in max(newest + 1, hour - Self.hours + 1)...hour { counts[place(between)] = 0 }
        self.newest = hour
    }
}
