import Testing

@testable import Habits

@Suite struct PeriodicRuleTests {
    @Test func fourFifthsInOneHour() {
        let four = HabitWorld.occasions((0..<4).map { HabitWorld.time($0, 8, 10) })
        #expect(PeriodicRule.hourly(four) == nil)
        let five = HabitWorld.occasions((0..<5).map { HabitWorld.time($0, 8, 10) })
        #expect(PeriodicRule.hourly(five)?.confidence == 1)
        // An older one at another hour: 1 + 0.9 + … + 0.9^4 = 4.0951, and 0.9^5 = 0.59049: 4.0951 / 4.68559 = 0.87398.
        let six = HabitWorld.occasions(
            [HabitWorld.time(0, 20)] + (1...5).map { HabitWorld.time($0, 8, 10) })
        let found = PeriodicRule.hourly(six)
        #expect(abs((found?.confidence ?? 0) - 0.87398) < 1e-5)
        #expect(found?.reason == "between 8:00 and 9:00 on 5 of 6 occasions")
        // The newest at another hour: 1 / 4.68559 lies elsewhere, which leaves 0.7866.
        let strayed = HabitWorld.occasions(
            (0..<5).map { HabitWorld.time($0, 8, 10) } + [HabitWorld.time(5, 20)])
        #expect(PeriodicRule.hourly(strayed) == nil)
    }

    @Test func atTheFullHourItIsNotCutInTwo() {
        let occasions = HabitWorld.occasions(
            (0..<6).map { HabitWorld.time($0, $0 % 2 == 0 ? 7 : 8, $0 % 2 == 0 ? 50 : 10) })
        #expect(
            PeriodicRule.hourly(occasions)?.reason == "between 7:30 and 8:30 on 6 of 6 occasions")
    }

    @Test func onOneWeekday() {
        let occasions = HabitWorld.occasions(
            (0..<5).map { HabitWorld.time($0 * 7 + 5, 9 + $0 * 2) })
        #expect(PeriodicRule.weekly(occasions)?.reason == "on Saturdays on 5 of 5 occasions")
        #expect(PeriodicRule.hourly(occasions) == nil)
    }
}

@Suite struct IntervalStatisticsTests {
    @Test func equalIntervalsAreARhythm() {
        var intervals = IntervalStatistics()
        for _ in 0..<3 { intervals.note(600) }
        #expect(intervals.due(elapsed: 1) == nil)
        intervals.note(600)
        // No spread: the window is a twentieth of the interval.
        #expect(intervals.due(elapsed: 1) == .init(after: 600, deviation: 30, probability: 1))
        // 1.5 intervals and more: one has been missed, and the next is due after two.
        #expect(intervals.due(elapsed: 1000)?.after == 1200)
        #expect(abs((intervals.due(elapsed: 1000)?.probability ?? 0) - 0.8) < 1e-9)
        #expect(intervals.due(elapsed: 365 * 86_400) == nil)
    }

    @Test func theFirstEightWeighAlike() {
        var intervals = IntervalStatistics()
        for seconds in [1.0, 2, 3, 4] { intervals.note(seconds) }
        // Mean 2.5, variance (2.25 + 0.25 + 0.25 + 2.25) / 4 = 1.25.
        #expect(abs(intervals.mean - 2.5) < 1e-6)
        #expect(abs(intervals.deviation - 1.1180) < 1e-4)
        // 1 / (1 + 1.118 / 2.5) = 0.691: no rhythm.
        #expect(abs(intervals.confidence - 0.691) < 1e-3)
        #expect(intervals.due(elapsed: 1) == nil)
    }
}

@Suite struct AutocorrelationTests {
    @Test func anAlternatingSeries() {
        let values = Autocorrelation([2, 22, 2, 22, 2, 22, 2, 22])
        // Differences −10, 10, …: sum of squares 800. Lag 1: seven products of −100, −0.875. Lag 2: six of 100, 0.75.
        #expect(values.values == [-0.875, 0.75, -0.625, 0.5])
        // 2 / √8 = 0.707.
        #expect(values.peaks == [.init(lag: 2, value: 0.75)])
        #expect(Autocorrelation.next(of: [2, 22, 2, 22, 2, 22, 2, 22]) == 2)
    }

    @Test func whatDoesNotVaryRepeatsItself() {
        #expect(Autocorrelation([5, 5, 5, 5]).values == [1, 1])
        #expect(Autocorrelation([]).peaks.isEmpty)
        #expect(Autocorrelation([1]).peaks.isEmpty)
    }

    @Test func lnAndItsInverse() {
        for x in [1e-9, 0.001, 0.5, 1, 2.718281828459045, 10, 12345.678, 1e12] {
            #expect(abs(NaturalLogarithm.inverse(NaturalLogarithm.of(x)) / x - 1) < 1e-9)
        }
        #expect(abs(NaturalLogarithm.of(10) - 2.302585092994046) < 1e-9)
        #expect(abs(NaturalLogarithm.inverse(1) - 2.718281828459045) < 1e-9)
        // 68–95–99.7.
        #expect(abs(NormalDistribution.below(1) - 0.8413447) < 1e-6)
        #expect(abs(NormalDistribution.below(-2) - 0.0227501) < 1e-6)
        #expect(NormalDistribution.below(.infinity) == 1)
    }
}

@Suite struct ActivitySeriesTests {
    @Test func theHourExplainsAll() {
        var series = ActivitySeries()
        for day in 0..<20 {
            for _ in 0..<5 { series.note(HabitWorld.time(day, 20)) }
        }
        #expect(series.dailyStrength == 1)
        #expect(series.weeklyStrength == 0)
        #expect(series.trend?.perDay == 0)
    }

    @Test func theWeekdayExplainsMost() {
        var series = ActivitySeries()
        for day in 0..<28 {
            let opens = day % 7 >= 5 ? 12 : 2
            for turn in 0..<opens { series.note(HabitWorld.time(day, 10 + turn % 3)) }
        }
        #expect(series.weeklyStrength > 0.99)
    }

    @Test func growthIsATrend() {
        var series = ActivitySeries()
        // 0, 2, 4 … opens on days 0 to 14: day 14 is not over, and day 0 has none.
        for day in 0..<15 {
            series.note(HabitWorld.time(day, 1))
            for _ in 0..<(2 * day) { series.note(HabitWorld.time(day, 12)) }
        }
        #expect(abs((series.trend?.perDay ?? 0) - 2) < 1e-9)
        #expect(abs((series.trend?.fit ?? 0) - 1) < 1e-9)
    }

    @Test func aYearOfNothingAndAClockThatGoesBack() {
        var series = ActivitySeries()
        series.note(HabitWorld.time(0, 8))
        series.note(HabitWorld.time(365 * 30, 8))
        series.note(HabitWorld.time(0, 9))
        series.note(LocalTime(day: Int(Int32.min), second: 0))
        #expect(series.dailyStrength == 0)
        #expect(series.trend?.perDay == 0)
    }
}
