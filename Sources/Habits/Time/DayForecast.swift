/// How probable it is that something that has a ``TimeOfDay`` is done on a certain day.
///
/// Three questions, each the prior of the next: how often on any day, on this kind of day (Monday to Friday, or the weekend), and
/// on this weekday? Each is a share of days on which it was done, the day before weighing 0.85 of a day, and so on (of its
/// kind), together with what the wider question says, as if that had been seen on so many days. So five days in
/// a row are believed, weekends are learned from weekends, and one Saturday is not enough. A kind of day that has not been seen
/// yet gets three quarters of what is known of the others.
///
/// Such shares forget slowly, which is right for a day that was missed, and wrong for a habit that has ended. So the days in a row,
/// up to now, on which it was expected and was not done take a fifth each. The next time that it is done, they are forgiven; and
/// the longest such run of four and more is a holiday, and counts for nothing.
///
/// Steps: one for each day since the first that is known, at most twelve weeks, however long nothing happened.
struct DayForecast: Sendable, Equatable {
    static let daysMax = 84
    static let ageFactor = 0.85
    static let anyDayStrength = 2.0
    static let kindStrength = 2.0
    static let weekdayStrength = 1.0
    static let unseenFactor = 0.75
    static let missedFactor = 0.8
    /// Missed in a row, and done again after: a holiday.
    static let holidayMin = 4
    /// Missed in a row: from here on it is no habit any more.
    static let missedMax = 10

    /// 0 ... 1.
    var probability: Double
    /// Expected days in a row on which it was not done.
    var missed: Int
    /// Such days as `kind` says, the latest ten at most, and how many of them had it.
    var eligible: Int
    var hits: Int
    /// `days`, `weekdays`, `weekend days`, `Saturdays`.
    var kind: String

    /// - Parameter day: of the local calendar; what happened on it and later is not looked at.
    init?(_ time: TimeOfDay, on day: Int) {
        guard let first = time.days.first(where: { $0 < day }) else { return nil }
        var history = History(time.days, from: max(first, day - Self.daysMax), to: day)
        guard let lastHit = history.lastHit else { return nil }
        let usual = history.usualWeekdays(upTo: lastHit)
        history.leaveHolidayOut(upTo: lastHit, on: usual)
        missed = history.missed(after: lastHit, on: usual)
        guard missed <= Self.missedMax else { return nil }
        probability =
            history.probability(on: LocalTime.weekday(ofDay: day))
            * TimeOfDay.power(Self.missedFactor, missed)
        kind = Self.name(usual)
        (eligible, hits) = history.latest(10, on: usual)
    }

    /// `opened at about 8:05 on 9 of the last 10 weekdays`.
    func reason(_ time: TimeOfDay) -> String {
        "opened at about \(ReasonText.clock(time.mean)) on \(hits) of the last \(eligible) \(kind)"
    }

    private static func name(_ usual: [Bool]) -> String {
        let (work, weekend) = (usual[..<5], usual[5...])
        if !work.contains(true), weekend.allSatisfy({ $0 }) { return "weekend days" }
        if !weekend.contains(true), work.filter({ $0 }).count > 1 { return "weekdays" }
        if usual.filter({ $0 }).count == 1, let only = usual.firstIndex(of: true) {
            return "\(ReasonText.weekdays[only])s"
        }
        return "days"
    }
}

extension DayForecast {
    /// On which days of a run of days it was done.
    struct History {
        /// The first and the one after the last.
        let first: Int
        let end: Int
        private let isHit: [Bool]
        private var holiday = 0..<0

        init(_ days: [Int], from first: Int, to end: Int) {
            self.first = first
            self.end = end
            var isHit = [Bool](repeating: false, count: max(0, end - first))
            for day in days where day >= first && day < end { isHit[day - first] = true }
            self.isHit = isHit
        }

        var lastHit: Int? { isHit.lastIndex(of: true).map { first + $0 } }

        /// Share of the days that `matches`, the latest weighing most, and `strength` days of which `prior` is said.
        private func share(_ strength: Double, _ prior: Double, where matches: (Int) -> Bool)
            -> (value: Double, isSeen: Bool)
        {
            var (weight, hits, total) = (1.0, strength * prior, strength)
            for day in stride(from: end - 1, through: first, by: -1)
            where matches(day) && !holiday.contains(day) {
                hits += isHit[day - first] ? weight : 0
                total += weight
                weight *= DayForecast.ageFactor
            }
            return (hits / total, weight < 1)
        }

        func probability(on weekday: Int) -> Double {
            let isWeekend = weekday >= 5
            let anyDay = share(DayForecast.anyDayStrength, 0.5) { _ in true }.value
            let kind = share(DayForecast.kindStrength, anyDay) {
                (LocalTime.weekday(ofDay: $0) >= 5) == isWeekend
            }
            let known = kind.isSeen ? kind.value : anyDay * DayForecast.unseenFactor
            return share(DayForecast.weekdayStrength, known) {
                LocalTime.weekday(ofDay: $0) == weekday
            }.value
        }

        /// By weekday, whether it was done on at least half of them while it lasted. A weekday that was not seen is as the others
        /// of its kind are.
        func usualWeekdays(upTo last: Int) -> [Bool] {
            var days = [Int](repeating: 0, count: 7)
            var hits = [Int](repeating: 0, count: 7)
            for day in first...last {
                days[LocalTime.weekday(ofDay: day)] += 1
                hits[LocalTime.weekday(ofDay: day)] += isHit[day - first] ? 1 : 0
            }
            return (0..<7).map { weekday in
                if days[weekday] > 0 { return hits[weekday] * 2 >= days[weekday] }
                let kind = weekday >= 5 ? 5..<7 : 0..<5
                let (all, done) = kind.reduce((0, 0)) { ($0.0 + days[$1], $0.1 + hits[$1]) }
                return all > 0 && done * 2 >= all
            }
        }

        /// Finds the longest run of days without it, by the days on which it was usual.
        mutating func leaveHolidayOut(upTo last: Int, on usual: [Bool]) {
            var (start, missed, missedMax) = (first, 0, DayForecast.holidayMin - 1)
            for day in first...last {
                guard isHit[day - first] else {
                    missed += usual[LocalTime.weekday(ofDay: day)] ? 1 : 0
                    continue
                }
                if missed > missedMax { (missedMax, holiday) = (missed, start..<day) }
                (start, missed) = (day + 1, 0)
            }
        }

        func missed(after last: Int, on usual: [Bool]) -> Int {
            ((last + 1)..<max(last + 1, end)).count { usual[LocalTime.weekday(ofDay: $0)] }
        }

        /// The latest days of those weekdays, so many at most, and how many of them had it.
        func latest(_ count: Int, on usual: [Bool]) -> (days: Int, hits: Int) {
            var (days, hits) = (0, 0)
            for day in stride(from: end - 1, through: first, by: -1)
            where usual[LocalTime.weekday(ofDay: day)] {
                guard days < count else { break }
                days += 1
                hits += isHit[day - first] ? 1 : 0
            }
            return (days, hits)
        }
    }
}
