import Model
import TestSupport
import Testing

@testable import Forest

@Suite struct FeatureExtractorTests {
    /// Monday 2023-11-13 00:00 UTC, which is also local.
    private static let monday: Int64 = 1_699_833_600

    private func moment(day: Int64, _ hour: Int64, _ minute: Int64 = 0) -> Moment {
        let seconds = hour * 3600 + minute * 60
        return Moment(
            seconds: Self.monday + day * 86_400 + seconds, secondsOfDay: Int32(seconds),
            weekday: UInt8(day % 7))
    }

    @Test func nothingIsKnownOfAFileThatWasNeverOpened() {
        let vector = FeatureExtractor.features(
            of: UseRecord(), Surroundings(), at: moment(day: 0, 6))
        #expect(vector[.hour] == 6)
        #expect(vector[.weekday] == 0)
        #expect(vector[.secondsOfDay] == 21_600)
        // A quarter of the circle.
        #expect(abs((vector[.daySine] ?? 0) - 1) < 1e-6)
        #expect(abs(vector[.dayCosine] ?? 1) < 1e-6)
        #expect(vector[.accessCount] == 0)
        let known: Set<Feature> = [
            .hour, .weekday, .secondsOfDay, .daySine, .dayCosine, .accessCount, .opensLastHour,
            .previousCount, .opensLastWeek,
        ]
        for feature in Feature.allCases {
            #expect((vector[feature] != nil) == known.contains(feature), "\(feature)")
        }
    }

    @Test func aHabitByHand() {
        // Opened on Monday, Tuesday and Wednesday at 20:00, 20:20 and 20:10; now it is Thursday, 19:50.
        var record = UseRecord()
        record.opened(at: moment(day: 0, 20))
        record.opened(at: moment(day: 1, 20, 20))
        record.opened(at: moment(day: 2, 20, 10))
        let vector = FeatureExtractor.features(
            of: record, Surroundings(), at: moment(day: 3, 19, 50))
        #expect(vector[.accessCount] == 3)
        // Intervals of 24:20 and 23:50 hours, 87,600 s and 85,800 s: mean 86,700, deviations ±900, so that the
        // standard deviation of two of them is √(2 · 900² / 1) ≈ 1272.8.
        #expect(vector[.intervalMean] == 86_700)
        #expect(abs((vector[.intervalDeviation] ?? 0) - 1272.8) < 0.1)
        // From Wednesday 20:10 to Thursday 19:50 it is 23:40 hours, 85,200 s.
        #expect(vector[.secondsSinceLast] == 85_200)
        #expect(vector[.lastAccessAge] == Float(85_200.0 / 86_700))
        #expect(vector[.secondsSinceFirst] == 258_600)
        #expect(vector[.opensLastHour] == 0)
        #expect(vector[.previousCount] == 1)
        #expect(vector[.opensLastWeek] == 3)
        // Two whole days and the one that has begun.
        #expect(vector[.daysPresent] == 3)
        // None at 19 o'clock, all three within an hour of it.
        #expect(vector[.opensAtHourPerDay] == 0)
        #expect(vector[.opensNearHourPerDay] == 1)
        #expect(vector[.opensOnWeekdayPerWeek] == 0)
        // 20:00, 20:20 and 20:10 are all within half an hour of 19:50, and 20:00 is the next.
        #expect(vector[.nearShareOfRecent] == 1)
        #expect(vector[.secondsUntilHabit] == 600)
    }

    /// 23:55 and 0:05 lie ten minutes apart.
    @Test func midnightIsNoWall() {
        var record = UseRecord()
        record.opened(at: moment(day: 0, 0, 5))
        let vector = FeatureExtractor.features(
            of: record, Surroundings(), at: moment(day: 1, 23, 55))
        #expect(vector[.nearShareOfRecent] == 1)
        #expect(vector[.secondsUntilHabit] == 600)
        #expect(vector[.opensNearHourPerDay] == 0.5)
        // What lies a quarter of an hour back is near, too, and comes again in 23:45 hours.
        let later = FeatureExtractor.features(
            of: record, Surroundings(), at: moment(day: 1, 0, 20))
        #expect(later[.nearShareOfRecent] == 1)
        #expect(later[.secondsUntilHabit] == 85_500)
    }

    @Test func surroundingsAreTakenOver() {
        var around = Surroundings()
        around.priority = .high
        around.size = 1 << 20
        around.isSequential = true
        around.wasPrefetched = false
        around.networkLoad = 0.25
        around.folderOpensLastDay = 7
        let vector = FeatureExtractor.features(of: UseRecord(), around, at: moment(day: 0, 0))
        #expect(vector[.priority] == 0.8)
        #expect(vector[.size] == 1_048_576)
        #expect(vector[.isSequential] == 1)
        #expect(vector[.wasPrefetched] == 0)
        #expect(vector[.networkLoad] == 0.25)
        #expect(vector[.folderOpensLastDay] == 7)
        #expect(vector[.memoryLoad] == nil)
    }

    /// Against the same figures from a list of all opens.
    @Test func theRecordIsThatOfAllOpens() {
        let seed = TestRun.seed
        var random = SplitMix(seed: seed)
        var record = UseRecord()
        var all: [Moment] = []
        var seconds = Self.monday
        for _ in 0..<300 {
            // A clock that goes back a little now and then.
            seconds += Int64(random.next() % 100_000) - 2000
            let opened = Moment(
                seconds: seconds, secondsOfDay: Int32(seconds % 86_400),
                weekday: UInt8(random.next() % 7))
            record.opened(at: opened)
            all.append(opened)
        }
        #expect(record.count == 300)
        #expect(record.recent == Array(all.suffix(UseRecord.recentMax)))
        #expect(record.first == all.first)
        for hour in 0..<24 {
            #expect(Int(record.byHour[hour]) == all.count { $0.hour == hour }, "seed \(seed)")
        }
        let intervals = zip(all, all.dropFirst()).map { Double(max(0, $1.seconds - $0.seconds)) }
        let mean = intervals.reduce(0, +) / 299
        let squares = intervals.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        #expect(abs(record.intervalMean - mean) < 1e-6 * mean, "seed \(seed)")
        let deviation = (squares / 298).squareRoot()
        #expect(
            abs((record.intervalDeviation ?? 0) - deviation) < 1e-6 * deviation, "seed \(seed)")
    }
}
