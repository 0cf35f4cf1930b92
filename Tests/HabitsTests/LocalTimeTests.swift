import Testing

@testable import Habits

@Suite struct LocalTimeTests {
    @Test func weekdaysAndHours() {
        #expect(LocalTime(day: 0, second: 0).weekday == 3)  // 1970-01-01, a Thursday
        #expect(LocalTime(day: -1, second: 0).weekday == 2)
        #expect(HabitWorld.time(0, 8, 5).weekday == 0)
        #expect(HabitWorld.time(6, 23, 59).weekday == 6)
        #expect(HabitWorld.time(0, 23, 59).hour == 23)
        #expect(LocalTime(linear: -1) == LocalTime(day: -1, second: 86_399))
    }

    @Test func thereAndBackAcrossTheChangeOfTheClock() {
        var clock = HabitWorld.berlin
        // 29 March 2026, 00:59:59 universal is 01:59:59; a second later it is 03:00.
        #expect(clock.local(1_774_745_999).hour == 1)
        #expect(clock.local(1_774_746_000).hour == 3)
        // From the evening before, 08:00 of the next morning is 07:00 + 23 hours less an hour: 06:00 universal.
        let evening: Int64 = 1_774_746_000 - 5 * 3600
        let day = Int(clock.local(evening).day) + 1
        let morning = clock.second(of: LocalTime(day: day, second: 8 * 3600), near: evening)
        #expect(morning == 1_774_746_000 + 5 * 3600)
        #expect(clock.local(morning) == LocalTime(day: day, second: 8 * 3600))
        // 02:30 does not exist on that day; it is some time between 01:30 and 03:30.
        let gap = clock.second(of: LocalTime(day: day, second: 9000), near: evening)
        #expect(abs(gap - 1_774_746_000) <= 3600)
    }

    @Test func anyNumberIsATime() {
        var clock = HabitWorld.berlin
        for second in [Int64.min, .min + 1, -1, 0, .max - 1, .max] {
            let local = clock.local(second)
            #expect((0..<86_400).contains(Int(local.second)))
        }
    }
}

@Suite struct OccasionsTests {
    @Test func opensWithinAnHourAreOne() {
        let list = HabitWorld.occasions([
            HabitWorld.time(0, 8), HabitWorld.time(0, 8, 59), HabitWorld.time(0, 9),
            HabitWorld.time(0, 9, 30),
        ]).list
        #expect(list == [HabitWorld.time(0, 8), HabitWorld.time(0, 9)])
    }

    @Test func aClockThatGoesBackALittleChangesNothing() {
        let list = HabitWorld.occasions([
            HabitWorld.time(0, 8), HabitWorld.time(1, 8), HabitWorld.time(1, 6),
            HabitWorld.time(2, 8),
        ]).list
        #expect(list.map { Int($0.day) - HabitWorld.monday } == [0, 1, 2])
    }

    @Test func whatAClockSaidThatWasYearsAheadIsForgotten() {
        let list = HabitWorld.occasions([
            HabitWorld.time(0, 8), HabitWorld.time(4000, 8), HabitWorld.time(1, 8),
        ]).list
        #expect(list == [HabitWorld.time(0, 8), HabitWorld.time(1, 8)])
    }

    @Test func theOldestGoes() {
        let list = HabitWorld.occasions((0..<50).map { HabitWorld.time($0, 8) }).list
        #expect(list.count == Occasions.countMax)
        #expect(list.first == HabitWorld.time(30, 8))
    }
}
