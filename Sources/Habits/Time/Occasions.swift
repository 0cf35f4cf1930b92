/// The latest times at which somebody came to a file or folder: opens within an hour are one occasion, that of the first.
///
/// 4 bytes each, to two seconds, oldest first, in local time, so that a habit stays at its hour when the clock is set for summer. There
/// may be as many of these as files.
struct Occasions: Sendable {
    static let countMax = 20
    static let gapSeconds = 3600

    /// The day in the upper half, so that they are ordered as their times are.
    private var packed: [UInt32] = []

    var count: Int { packed.count }
    var list: [LocalTime] { packed.map(Self.unpack) }
    var last: LocalTime? { packed.last.map(Self.unpack) }

    /// - Returns: whether a new occasion began.
    ///
    /// A clock that goes back by less than a day changes nothing that is known. One that goes back by more was wrong before: what
    /// it had said of later times is forgotten.
    @discardableResult
    mutating func note(_ time: LocalTime) -> Bool {
        let new = Self.pack(time)
        let now = Self.unpack(new).linear
        if let last = packed.last {
            if now < Self.unpack(last).linear - LocalTime.daySeconds {
                packed.removeAll { $0 > new }
            }
        }
        if let last = packed.last, now - Self.unpack(last).linear < Self.gapSeconds { return false }
        if packed.count >= Self.countMax { packed.removeFirst() }
        // Grown to what it may come to, and not beyond.
        if packed.count == 8 { packed.reserveCapacity(Self.countMax) }
        packed.append(new)
        return true
    }

    /// How many lie within so many seconds of a time of day.
    func count(near second: Int, reach: Int) -> Int {
        packed.count {
            abs(TimeOfDay.difference(Int($0 & 0xFFFF) * 2, from: second)) <= reach
        }
    }

    /// Days before 1970 and after 2149 are the first and the last one: whoever has such a clock has no habits.
    private static func pack(_ time: LocalTime) -> UInt32 {
        UInt32(UInt16(clamping: time.day)) << 16 | UInt32(time.second / 2)
    }

    private static func unpack(_ packed: UInt32) -> LocalTime {
        LocalTime(day: Int(packed >> 16), second: Int(packed & 0xFFFF) * 2)
    }
}
