import Testing

@testable import Habits

@Suite struct HabitForecastTests {
    private let mornings = HabitWorld.occasions((0..<5).map { HabitWorld.time($0, 8) })

    private func daily(
        _ occasions: Occasions, _ from: Int64, minutes: Int64 = 5
    ) -> HabitForecast? {
        var clock = HabitWorld.clock
        return HabitForecast.daily(occasions, from: from, until: from + minutes * 60, &clock).first
    }

    @Test func itIsDueAroundItsTime() {
        // Monday of the second week. Two standard deviations are ten minutes.
        let habit = daily(mornings, HabitWorld.second(7, 7, 50))
        #expect(habit?.due == HabitWorld.second(7, 8))
        #expect(abs((habit?.probability ?? 0) - 0.9235) < 0.01)
        #expect(daily(mornings, HabitWorld.second(7, 7, 40)) == nil)
        #expect(daily(mornings, HabitWorld.second(7, 8, 11)) == nil)
        #expect(daily(mornings, HabitWorld.second(7, 20)) == nil)
    }

    @Test func whatDoesNotComeIsExpectedLess() {
        // p = 0.92354. At 8:05, one deviation late, 0.158655 are still to come: 0.146524 / (0.146524 + 0.07646) = 0.6571.
        let late = daily(mornings, HabitWorld.second(7, 8, 5))
        #expect(abs((late?.probability ?? 0) - 0.6571) < 1e-3)
        // Of what is to come, nearly all but what lies beyond two deviations comes in five minutes: (0.97725 − 0.84134) / 0.158655 = 0.8566.
        #expect(abs((late?.shareInSpan ?? 0) - 0.8566) < 1e-3)
    }

    @Test func whatHasHappenedTodayIsNotExpectedAgain() {
        var occasions = mornings
        occasions.note(HabitWorld.time(7, 7, 52))
        #expect(daily(occasions, HabitWorld.second(7, 7, 55)) == nil)
        #expect(daily(occasions, HabitWorld.second(8, 7, 55)) != nil)
    }

    @Test func fourAreTooFew() {
        let four = HabitWorld.occasions((0..<4).map { HabitWorld.time($0, 8) })
        #expect(daily(four, HabitWorld.second(4, 7, 55)) == nil)
    }

    @Test func theClockOnTheWallCountsWhenItIsSet() {
        // Ten days before and after the night of 29 March 2026 at 8:00 by the wall, which is 7:00 and then 6:00 universal.
        var clock = HabitWorld.berlin
        let change: Int64 = 1_774_746_000
        var occasions = Occasions()
        for day in 1...8 { occasions.note(clock.local(change - Int64(day) * 86_400 + 6 * 3600)) }
        var sorted = Occasions()
        for day in (1...8).reversed() {
            sorted.note(clock.local(change - Int64(day) * 86_400 + 6 * 3600))
        }
        // The Sunday of the change: 8:00 is 05:00 after it.
        let due = change + 5 * 3600
        let found = HabitForecast.daily(sorted, from: due - 300, until: due, &clock).first
        #expect(found?.due == due)
        #expect(HabitForecast.daily(sorted, from: due + 3000, until: due + 3600, &clock).isEmpty)
    }

    @Test func aYearLaterNothingIsLeftOfIt() {
        #expect(daily(mornings, HabitWorld.second(365, 7, 55)) == nil)
        #expect(daily(mornings, HabitWorld.second(365 * 200, 7, 55)) == nil)
        #expect(daily(mornings, HabitWorld.second(-400, 7, 55)) == nil)
    }

    @Test func aSteadyRhythm() {
        var intervals = IntervalStatistics()
        for _ in 0..<6 { intervals.note(3 * 3600) }
        // A window of 5 %: 9 minutes, twice of that to each side.
        let at = { (from: Int64) in
            HabitForecast.rhythmic(intervals, last: 0, from: from, until: from + 300)
        }
        #expect(at(9600)?.due == 10_800)
        #expect(at(9600)?.reason == "opened every 3 h or so")
        #expect(at(9000) == nil)
        #expect(at(10_800 + 1200) == nil)
        #expect(at(-5) == nil)
        // The next after a missed one.
        #expect(at(21_600)?.due == 21_600)
        #expect(at(365 * 86_400) == nil)
    }
}
