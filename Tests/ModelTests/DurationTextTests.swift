import Model
import Testing

@Suite struct DurationTextTests {
    @Test(arguments: [
        ("0", Duration.zero), ("30", .seconds(30)), ("30s", .seconds(30)),
        ("8ms", .milliseconds(8)),
        ("1.5m", .seconds(90)), ("2h", .seconds(7200)), ("1d", .seconds(86400)),
        ("1W", .seconds(604_800)), ("5min", .seconds(300)), ("100us", .microseconds(100)),
    ])
    func readsTimesAsPeopleWriteThem(text: String, duration: Duration) {
        #expect(Duration(parsing: text) == duration)
    }

    @Test(arguments: ["", "s", "-1s", "1 s", "1y", "1e9s", "nan", "99999w", "1..5s"])
    func refusesWhatIsNoTime(text: String) {
        #expect(Duration(parsing: text) == nil)
    }

    @Test(arguments: ["0s", "250ms", "5s", "90s", "5m", "1h", "2d", "7us"])
    func printsWhatItReads(text: String) throws {
        #expect(try #require(Duration(parsing: text)).text == text)
    }
}
