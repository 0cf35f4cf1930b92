import Testing

@testable import Model

@Suite struct BandwidthScheduleTests {
    private func schedule(_ texts: String...) throws -> BandwidthSchedule {
        var schedule = BandwidthSchedule()
        for text in texts { try schedule.append(parsing: text) }
        return schedule
    }

    /// Megabytes per second at each time; nil for no limit.
    private func rates(_ schedule: BandwidthSchedule, _ times: String...) -> [Int64?] {
        times.map { time in
            let fields = time.split(separator: ":").compactMap { Int($0) }
            return schedule.limit(atMinute: fields[0] * 60 + fields[1])
                .map { $0.bytes / 1_000_000 }
        }
    }

    @Test func withoutRulesThereIsNoLimit() {
        #expect(BandwidthSchedule().limit(atMinute: 0) == nil)
        #expect(BandwidthSchedule().isEmpty)
    }

    @Test func aRateAloneHoldsAlways() throws {
        #expect(rates(try schedule("20MB/s"), "00:00", "12:00", "23:59") == [20, 20, 20])
        #expect(try schedule("512K").limit(atMinute: 7) == .kibibytes(512))
    }

    @Test func fromTheFirstMinuteUpToTheLast() throws {
        let office = try schedule("08:00-18:00=20MB/s")
        #expect(rates(office, "7:59", "8:00", "17:59", "18:00") == [nil, 20, 20, nil])
    }

    @Test func overMidnight() throws {
        let night = try schedule("22:30-06:00=3MB")
        #expect(rates(night, "22:29", "22:30", "23:59", "0:00") == [nil, 3, 3, 3])
        #expect(rates(night, "5:59", "6:00") == [3, nil])
        let evening = try schedule("18:00-24:00=3MB")
        #expect(rates(evening, "17:59", "23:59", "0:00") == [nil, 3, nil])
    }

    @Test func theLastRuleThatHoldsCounts() throws {
        let rules = try schedule("20MB/s; 08:00-18:00 = 5MB/s; 12:00-13:00=off")
        #expect(rates(rules, "07:59", "08:00", "12:00", "13:00", "18:00") == [20, 5, nil, 5, 20])
        // Several options are one list.
        #expect(
            try schedule("20MB/s", "08:00-18:00=5MB/s", "12:00-13:00=off").rules == rules.rules)
        #expect(rates(try schedule("08:00-18:00=5MB/s", "20MB/s"), "09:00") == [20])
    }

    /// As in rclone's documentation: from each time on until the next, the last one over midnight.
    @Test func aTimetable() throws {
        let table = try schedule("08:00=5MB;12:00=10MB;13:00=6MB;18:00=30MB;23:00=off")
        #expect(rates(table, "07:59", "08:00", "11:59", "12:00") == [nil, 5, 5, 10])
        #expect(rates(table, "13:00", "18:00", "22:59", "23:00", "0:00") == [6, 30, 30, nil, nil])
        #expect(rates(try schedule("18:00=30MB;08:00=5MB"), "07:00", "09:00") == [30, 5])
        #expect(rates(try schedule("08:00=5MB"), "07:00", "09:00") == [5, 5])
    }

    @Test(arguments: [
        ("", "no rule in it"), (";;", "no rule in it"), ("fast", "'fast' is no rate"),
        ("0", "less than 64.0 KiB per second"), ("20", "less than 64.0 KiB"),
        ("-5M", "'-5M' is no rate"), ("08:00-18:00", "'08:00-18:00' is no rate"),
        ("08:00-18:00=", "'' is no rate"), ("08:00-18:00=5M=6M", "is no rule"),
        ("08-18=5M", "'08' is no time"), ("08:00-25:00=5M", "'25:00' is no time"),
        ("08:0-9:00=5M", "'08:0' is no time"), ("08:60-9:00=5M", "'08:60' is no time"),
        ("24:01=5M", "'24:01' is no time"), ("8:00-9:00-10:00=5M", "is no rule"),
        ("8:00-8:00=5M", "ends when it begins"), ("5MB/s;8:00-9:00=x", "'x' is no rate"),
        ("٨:00=5M", "is no time"),
    ])
    func saysWhatIsWrong(text: String, problem: String) throws {
        let refusal = #expect(throws: BandwidthSchedule.Refusal.self) { try schedule(text) }
        #expect(refusal?.problem.contains(problem) == true, "\(refusal?.problem ?? "")")
    }

    @Test func rulesAreBounded() throws {
        let most = Array(repeating: "5M", count: BandwidthSchedule.rulesMax)
        var schedule = try schedule(most.joined(separator: ";"))
        #expect(throws: BandwidthSchedule.Refusal.self) { try schedule.append(parsing: "5M") }
        #expect(schedule.rules.count == 64)
    }

    @Test(arguments: [
        "20MB/s", "08:00-18:00=5MB/s", "20MB/s;08:00-18:00=5MB/s;22:00-06:00=off",
        "08:00=5MB/s;18:00=off", "08:30=512K/s", "off",
    ])
    func itsTextIsReadAsTheSame(text: String) throws {
        var schedule = BandwidthSchedule()
        try schedule.append(parsing: text)
        var again = BandwidthSchedule()
        try again.append(parsing: schedule.text)
        #expect(again == schedule, "\(schedule.text)")
        #expect(BandwidthSchedule().text == "")
    }
}
