/// How much may be fetched ahead per second, by the time of day: `20MB/s`, `08:00-18:00=5MB/s;22:00-06:00=off`.
///
/// A rule with two times holds from the first up to the second, over midnight if that comes sooner; one without times
/// holds always. A rule with one time holds until the next such rule begins, as in rclone's timetables:
/// `08:00=5M;18:00=off`. Where several rules hold, the last one counts; where none does, there is no limit.
public struct BandwidthSchedule: Hashable, Sendable {
    public struct Rule: Hashable, Sendable {
        /// Minutes since midnight, 0 ..< 1440.
        public var from: Int
        /// The first minute in which it does not hold any more; at or before ``from``, that of the next day.
        public var to: Int
        /// Bytes per second; nil for no limit.
        public var limit: ByteCount?

        public init(from: Int, to: Int, limit: ByteCount?) {
            self.from = from
            self.to = to
            self.limit = limit
        }

        func holds(atMinute minute: Int) -> Bool {
            from < to ? minute >= from && minute < to : minute >= from || minute < to
        }
    }

    public static let minutesPerDay = 24 * 60
    public static let rulesMax = 64
    /// A block of the tiers per second: with less, nothing that is fetched ahead would be in time.
    public static let limitMin = ByteCount.kibibytes(64)

    /// In the order in which they were given.
    public private(set) var rules: [Rule] = []

    public init() {}

    public var isEmpty: Bool { rules.isEmpty }

    /// Bytes per second; nil for no limit.
    ///
    /// - Parameter minute: since midnight, local time.
    public func limit(atMinute minute: Int) -> ByteCount? {
        let minute = minute % Self.minutesPerDay
        return rules.last { $0.holds(atMinute: minute) }?.limit
    }
}

extension BandwidthSchedule {
    /// What is wrong with a text, in words that follow "expected …".
    public struct Refusal: Error, Hashable {
        public var problem: String
    }

    /// Adds the rules in `text`, separated by `;`, behind those that are there.
    public mutating func append(parsing text: String) throws(Refusal) {
        var added: [Rule] = []
        /// Places in `added` of the rules that hold until the next of them.
        var open: [Int] = []
        for part in text.split(separator: ";") {
            let rule = part.filter { $0 != " " }
            guard !rule.isEmpty else { continue }
            let fields = rule.split(separator: "=", omittingEmptySubsequences: false)
            guard fields.count <= 2, let last = fields.last else {
                throw Refusal(problem: "'\(part)' is no rule")
            }
            let limit = try Self.limit(String(last))
            guard fields.count == 2 else {
                added.append(Rule(from: 0, to: 0, limit: limit))
                continue
            }
            let times = fields[0].split(separator: "-", omittingEmptySubsequences: false)
            guard times.count <= 2 else { throw Refusal(problem: "'\(part)' is no rule") }
            let from = try Self.minute(String(times[0]))
            if times.count == 1 { open.append(added.count) }
            let to = try times.count == 2 ? Self.minute(String(times[1])) : from
            guard times.count == 1 || from != to else {
                throw Refusal(
                    problem: "'\(part)' ends when it begins; without times it holds always")
            }
            let day = Self.minutesPerDay
            added.append(Rule(from: from % day, to: to % day, limit: limit))
        }
        guard !added.isEmpty else { throw Refusal(problem: "there is no rule in it") }
        for place in open {
            let later = open.map { (added[$0].from - added[place].from + day) % day }
            let next = later.filter { $0 > 0 }.min() ?? 0
            added[place].to = (added[place].from + next) % day
        }
        guard rules.count + added.count <= Self.rulesMax else {
            throw Refusal(problem: "there are more than \(Self.rulesMax) rules")
        }
        rules += added
    }

    /// As ``append(parsing:)`` reads it; empty without rules.
    public var text: String {
        rules.map { rule in
            let limit = rule.limit.map { "\($0.exactText)/s" } ?? "off"
            guard rule.from != rule.to || rule.from != 0 else { return limit }
            // A rule that holds for a whole day from some other minute on stands alone: its next is itself.
            let times =
                rule.from == rule.to
                ? Self.clock(rule.from) : "\(Self.clock(rule.from))-\(Self.clock(rule.to))"
            return "\(times)=\(limit)"
        }.joined(separator: ";")
    }

    private static func clock(_ minute: Int) -> String {
        let digits = { (number: Int) in (number < 10 ? "0" : "") + "\(number)" }
        return "\(digits(minute / 60)):\(digits(minute % 60))"
    }

    private var day: Int { Self.minutesPerDay }

    private static func limit(_ text: String) throws(Refusal) -> ByteCount? {
        let lower = text.lowercased()
        if lower == "off" { return nil }
        let size = lower.hasSuffix("/s") ? String(text.dropLast(2)) : text
        guard let limit = ByteCount(parsing: size) else {
            throw Refusal(problem: "'\(text)' is no rate")
        }
        guard limit >= limitMin else {
            throw Refusal(problem: "'\(text)' is less than \(limitMin) per second")
        }
        return limit
    }

    /// `08:30`, `8:30` or `24:00`.
    private static func minute(_ text: String) throws(Refusal) -> Int {
        let fields = text.split(separator: ":", omittingEmptySubsequences: false)
        let isNumeric = fields.allSatisfy {
            (1...2).contains($0.count) && $0.allSatisfy { $0.isASCII && $0.isNumber }
        }
        guard fields.count == 2, isNumeric, fields[1].count == 2, let hour = Int(fields[0]),
            let minute = Int(fields[1]), minute < 60, hour * 60 + minute <= minutesPerDay
        else { throw Refusal(problem: "'\(text)' is no time from 00:00 to 24:00") }
        return hour * 60 + minute
    }
}
