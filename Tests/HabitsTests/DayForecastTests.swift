import Testing

@testable import Habits

@Suite struct DayForecastTests {
    private func probability(_ days: [Int], on day: Int) -> Double {
        let time = TimeOfDay(
            mean: 8 * 3600, deviation: 300, days: days.map { HabitWorld.monday + $0 })
        return DayForecast(time, on: HabitWorld.monday + day)?.probability ?? 0
    }

    @Test func fiveDaysInARow() {
        // Monday to Friday, and now Saturday. Weights 1, 0.85 … 0.85^4 sum to 3.70864.
        // Any day: (3.70864 + 2 · 0.5) / 5.70864 = 0.82483. No weekend was seen: 0.75 of it, 0.61862; no Saturday either.
        #expect(abs(probability([0, 1, 2, 3, 4], on: 5) - 0.61862) < 1e-4)
        // Monday: two days in between, so hits weigh 0.85² of it, 2.67949, of 3.70864 · 0.7225 + 1.85 = 4.52949.
        // Any day: 3.67949 / 6.52949 = 0.56352. Weekdays: (3.70864 + 2 · 0.56352) / 5.70864 = 0.84708.
        // Mondays: (1 + 0.84708) / 2 = 0.92354.
        #expect(abs(probability([0, 1, 2, 3, 4], on: 7) - 0.92354) < 1e-4)
    }

    @Test func itIsGivenUpAfterAFewMissedDays() {
        let habit = Array(0..<5) + Array(7..<12) + Array(14..<16)
        let falling = [16, 17, 18, 21].map { probability(habit, on: $0) }
        #expect(falling[0] > 0.9)
        // One day missed is forgiven, two are not, with the usual limit of 0.7.
        #expect(falling[1] > 0.7 && falling[1] < falling[0])
        #expect(falling[2] < 0.7)
        #expect(falling[3] < 0.5)
        #expect(probability(habit, on: 60) == 0)
        #expect(probability(habit, on: 400) == 0)
    }

    @Test func afterAHolidayItComesBackAtOnce() {
        let before = Array(0..<20)
        #expect(probability(before, on: 27) < 0.3)
        #expect(probability(before + [27], on: 28) > 0.9)
        // Three days are no holiday: they count as missed.
        #expect(probability(before + [23], on: 24) < probability(before + [24], on: 25))
    }

    @Test func weekendsAreLearnedFromWeekends() {
        let weekdays = (0..<4).flatMap { week in (0..<5).map { week * 7 + $0 } }
        #expect(probability(weekdays, on: 26) < 0.2)
        #expect(probability(weekdays, on: 28) > 0.9)
    }

    @Test func oneWeekdayStandsOut() {
        let saturdays = (0..<5).map { $0 * 7 + 5 }
        #expect(probability(saturdays, on: 40) > 0.8)
        #expect(probability(saturdays, on: 37) < 0.2)
        let time = TimeOfDay(
            mean: 8 * 3600, deviation: 300, days: saturdays.map { HabitWorld.monday + $0 })
        let forecast = DayForecast(time, on: HabitWorld.monday + 40)
        #expect(forecast?.reason(time) == "opened at about 8:00 on 5 of the last 5 Saturdays")
    }

    @Test func theReasonCounts() {
        let days = [0, 1, 2, 3, 4, 7, 8, 10, 11].map { HabitWorld.monday + $0 }
        let time = TimeOfDay(mean: 8 * 3600 + 300, deviation: 300, days: days)
        let forecast = DayForecast(time, on: HabitWorld.monday + 14)
        #expect(forecast?.reason(time) == "opened at about 8:05 on 9 of the last 10 weekdays")
    }

    @Test func timesOfDayAreToldApartAndSpanMidnight() {
        var times: [LocalTime] = []
        for day in 0..<6 {
            times.append(HabitWorld.time(day, 8, day % 2 == 0 ? 0 : 10))
            times.append(HabitWorld.time(day, 23, 50))
        }
        times[11] = HabitWorld.time(6, 0, 10)
        let found = TimeOfDay.all(of: HabitWorld.occasions(times))
        #expect(found.count == 2)
        let night = found.first { $0.mean > 80_000 }
        #expect(night?.days == (0..<6).map { HabitWorld.monday + $0 })
        let morning = found.first { $0.mean < 40_000 }
        #expect(abs((morning?.mean ?? 0) - (8 * 3600 + 300)) < 60)
        #expect(morning?.deviation == 300)
    }
}
