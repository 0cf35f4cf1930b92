/// Hours of each day, by the clock on the wall, in which the share is left alone: `23:00-07:00`.
public struct QuietHours: Hashable, Sendable {
    /// Minutes since midnight, 0 ..< 1440: the first, and the one behind the last. They may lie around midnight.
    public var start: Int
    public var end: Int

    public static let dayMinutes = 1440

    public init(start: Int, end: Int) {
        self.start = start
        self.end = end
    }

    /// - Returns: nil for what is no pair of different times of day.
    public init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let start = Self.minute(parts[0]), let end = Self.minute(parts[1]),
            start != end
        else { return nil }
        self.init(start: start, end: end)
    }

    private static func minute(_ text: Substring) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count),
            parts.allSatisfy({ (1...2).contains($0.utf8.count) && $0.utf8.allSatisfy(isDigit) }),
            let hour = Int(parts[0]), let minute = parts.count == 2 ? Int(parts[1]) : 0,
            hour < 24, minute < 60
        else { return nil }
        return hour * 60 + minute
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    public func contains(minute: Int) -> Bool {
        start < end
            ? (start..<end).contains(minute) : minute >= start || minute < end
    }

    /// Minutes until they begin; 0 within them.
    public func minutesUntilStart(from minute: Int) -> Int {
        contains(minute: minute) ? 0 : (start - minute + Self.dayMinutes) % Self.dayMinutes
    }

    /// Minutes that they last.
    public var length: Int { (end - start + Self.dayMinutes) % Self.dayMinutes }
}

extension QuietHours: CustomStringConvertible {
    public var description: String { "\(Self.text(start))-\(Self.text(end))" }

    private static func text(_ minute: Int) -> String {
        let two = { (number: Int) in number < 10 ? "0\(number)" : "\(number)" }
        return two(minute / 60) + ":" + two(minute % 60)
    }
}
