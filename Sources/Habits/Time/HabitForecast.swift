/// When a file or folder is expected, and why.
struct HabitForecast: Sendable, Equatable {
    /// Of being opened on this occasion, given that it has not been yet: 0 ... 1.
    var probability: Double
    /// The middle of the window, seconds since 1970.
    var due: Int64
    /// Seconds: one standard deviation.
    var deviation: Double
    /// That it comes within the asked span, of ``probability``.
    var shareInSpan: Double
    var reason: String

    /// Seconds since 1970: whoever has not come a standard deviation after ``due`` is not waited for.
    var windowEnd: Int64 { due + Int64(deviation.rounded(.up)) }

    /// How far around ``due`` it is looked for.
    static let deviationsMax = 2.0
    static let daysMax = 8

    /// What times of day say of `from ..< until`, the most probable first.
    ///
    /// A day's probability is spread over the time of day as a normal distribution. While its time passes and nothing has happened, it
    /// falls as Bayes has it: of p, the share of the distribution that is still to come, over that plus the chance that it is not a
    /// day for it at all. What has happened on a day is not expected on it again.
    static func daily(
        _ occasions: Occasions, from: Int64, until: Int64, _ clock: inout LocalClock
    ) -> [HabitForecast] {
        guard occasions.count >= TimeOfDay.occasionsMin, until > from,
            mayBeDue(occasions, from: from, until: until, &clock)
        else { return [] }
        var found: [HabitForecast] = []
        for time in TimeOfDay.all(of: occasions) {
            let reach = Int64((time.deviation * deviationsMax).rounded(.up))
            let first = Int(clock.local(from - reach).day)
            let last = min(Int(clock.local(until + reach).day), first + daysMax)
            for day in first...max(first, last) where !time.days.contains(day) {
                let due = clock.second(
                    of: LocalTime(day: day, second: time.mean), near: from)
                guard due + reach >= from, due - reach < until,
                    let forecast = DayForecast(time, on: day)
                else { continue }
                let start = NormalDistribution.below(Double(from - due) / time.deviation)
                let end = NormalDistribution.below(Double(until - due) / time.deviation)
                let toCome = forecast.probability * (1 - start)
                let left = toCome / (toCome + 1 - forecast.probability)
                found.append(
                    HabitForecast(
                        probability: left, due: due, deviation: time.deviation,
                        shareInSpan: start < 1 ? (end - start) / (1 - start) : 0,
                        reason: forecast.reason(time)))
            }
        }
        return found.sorted { $0.probability > $1.probability }
    }

    /// Whether enough occasions lie near enough to the span for one of its times of day to reach into it: a quick answer for most
    /// of what is known. An hour is for clocks that are set.
    private static func mayBeDue(
        _ occasions: Occasions, from: Int64, until: Int64, _ clock: inout LocalClock
    ) -> Bool {
        let reach = Double(TimeOfDay.reachSeconds) * (deviationsMax + 1) + 3600
        let span = Double(until) - Double(from)
        guard span / 2 + reach < Double(LocalTime.daySeconds) / 2 else { return true }
        let middle = clock.local(from + Int64(span / 2)).second
        return occasions.count(near: Int(middle), reach: Int(span / 2 + reach))
            >= TimeOfDay.occasionsMin
    }

    /// What a steady rhythm says, for what is not bound to a time of day.
    ///
    /// - Parameter last: seconds since 1970 of the last open.
    static func rhythmic(
        _ intervals: IntervalStatistics, last: Int64, from: Int64, until: Int64
    ) -> HabitForecast? {
        guard until > from, from >= last,
            let due = intervals.due(elapsed: Double(from) - Double(last))
        else { return nil }
        let middle = Double(last) + due.after
        let reach = due.deviation * deviationsMax
        guard middle + reach >= Double(from), middle - reach < Double(until) else { return nil }
        let start = NormalDistribution.below((Double(from) - middle) / due.deviation)
        let end = NormalDistribution.below((Double(until) - middle) / due.deviation)
        return HabitForecast(
            probability: due.probability, due: Int64(middle.rounded()), deviation: due.deviation,
            shareInSpan: start < 1 ? (end - start) / (1 - start) : 0,
            reason: "opened every \(ReasonText.duration(intervals.mean)) or so")
    }
}
