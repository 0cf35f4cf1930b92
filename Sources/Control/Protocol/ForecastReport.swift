/// What a view expects to be opened, and when, as `larder forecast --json` and `larder warm --plan --json` print it. Stable as
/// ``StatusReport`` is.
public struct ForecastReport: Codable, Hashable, Sendable {
    public static let versionNow = 1

    /// Hours that can be asked for at once.
    public static let hoursMax = 168

    public struct Item: Codable, Hashable, Sendable {
        public var path: WirePath
        /// 0 ... 1.
        public var probability: Double
        /// Seconds since 1970.
        public var earliest: Int64
        public var latest: Int64
        /// Bytes from its start that would be fetched, as far as they are not cached.
        public var bytes: Int64
        /// `critical`, `high`, `normal`, `low`.
        public var priority: String
        public var reason: String

        public init(
            path: WirePath, probability: Double, earliest: Int64, latest: Int64, bytes: Int64,
            priority: String, reason: String
        ) {
            self.path = path
            self.probability = probability
            self.earliest = earliest
            self.latest = latest
            self.bytes = bytes
            self.priority = priority
            self.reason = reason
        }
    }

    /// What a forecast for the last day, made at its beginning, would have said.
    public struct Yesterday: Codable, Hashable, Sendable {
        public struct Item: Codable, Hashable, Sendable {
            public var path: WirePath
            public var probability: Double
            public var earliest: Int64
            public var latest: Int64
            /// Seconds since 1970; nil: it was not opened.
            public var openedAt: Int64?

            public init(
                path: WirePath, probability: Double, earliest: Int64, latest: Int64,
                openedAt: Int64?
            ) {
                self.path = path
                self.probability = probability
                self.earliest = earliest
                self.latest = latest
                self.openedAt = openedAt
            }
        }

        public var expected: [Item]
        /// Different files that were opened, and those of them that were expected.
        public var opened: Int
        public var openedAsExpected: Int

        public init(expected: [Item], opened: Int, openedAsExpected: Int) {
            self.expected = expected
            self.opened = opened
            self.openedAsExpected = openedAsExpected
        }
    }

    public var version = ForecastReport.versionNow
    /// false: the view keeps no history.
    public var isKept: Bool
    /// Whether what is expected is fetched.
    public var warms: Bool
    /// By time for a forecast, by urgency for a plan.
    public var items: [Item] = []
    public var yesterday: Yesterday?
    /// Why nothing is fetched at the moment; nil while nothing holds it back.
    public var restraint: String?

    public init(isKept: Bool, warms: Bool) {
        self.isKept = isKept
        self.warms = warms
    }
}
