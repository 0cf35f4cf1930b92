import Model
import Testing

@Suite struct QuietHoursTests {
    @Test func hoursMayLieAroundMidnight() throws {
        let night = try #require(QuietHours("23:00-07:30"))
        #expect(night == QuietHours(start: 1380, end: 450))
        #expect(night.contains(minute: 1380) && night.contains(minute: 0))
        #expect(night.contains(minute: 449) && !night.contains(minute: 450))
        #expect(!night.contains(minute: 1379))
        #expect(night.length == 510)
        #expect(night.minutesUntilStart(from: 1379) == 1)
        #expect(night.minutesUntilStart(from: 450) == 930)
        #expect(night.minutesUntilStart(from: 10) == 0)
        #expect("\(night)" == "23:00-07:30")
        let noon = try #require(QuietHours("12-13"))
        #expect(noon.contains(minute: 720) && !noon.contains(minute: 780) && noon.length == 60)
        #expect(noon.minutesUntilStart(from: 780) == 1380)
    }

    @Test(arguments: [
        "", "7", "7-7", "24-7", "7:60-8", "a-b", "7-8-9", "-7", "7:-8", "007-8", "٧-٨",
    ])
    func whatIsNoTimeIsRefused(text: String) {
        #expect(QuietHours(text) == nil)
    }
}
