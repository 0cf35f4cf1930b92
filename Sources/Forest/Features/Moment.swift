/// A moment as clocks and calendars show it: who knows the time zone fills it in.
public struct Moment: Sendable, Equatable {
    /// Seconds since 1970, UTC.
    public var seconds: Int64
    /// Since local midnight, 0 ..< 86,400.
    public var secondsOfDay: Int32
    /// 0 is Monday, 6 Sunday.
    public var weekday: UInt8

    /// What lies outside its range is brought to its edge.
    public init(seconds: Int64, secondsOfDay: Int32, weekday: UInt8) {
        self.seconds = seconds
        self.secondsOfDay = min(max(0, secondsOfDay), 86_399)
        self.weekday = min(weekday, 6)
    }

    /// 0 … 23.
    public var hour: Int { Int(secondsOfDay) / 3600 }
}
