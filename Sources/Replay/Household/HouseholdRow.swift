/// What came of one method on the days that are judged.
public struct HouseholdRow: Sendable, Equatable {
    /// Opens of one kind: all, and those whose head was there.
    public struct Opens: Sendable, Equatable {
        public var count = 0
        public var found = 0
        /// Of those whose head would not be there for having been read before.
        public var cold = 0
        public var coldFound = 0

        mutating func add(_ other: Opens) {
            count += other.count
            found += other.found
            cold += other.cold
            coldFound += other.coldFound
        }
    }

    public var method: HouseholdMethod
    public var habitual = Opens()
    /// Habitual or not, without scans.
    public var kinds: [HouseholdOpen.Kind: Opens] = [:]
    /// Targets of rounds that had something brought: opened in their time, or not.
    public var right = 0
    public var wrong = 0
    /// The same of what belongs to an open.
    public var relatedRight = 0
    public var relatedWrong = 0
    /// Bytes brought, and those of them whose target was wrong.
    public var broughtBytes: Int64 = 0
    public var wastedBytes: Int64 = 0
    /// Bytes that came from the share: brought, or for whoever waited. Without scans.
    public var shareBytes: Int64 = 0
    /// Judged days on which a forest decided.
    public var daysWithForest = 0
    /// Bytes brought, by day.
    public var broughtByDay: [Int64] = []

    /// Of the habitual opens whose head was not there for having been read before, those whose head was there: the figure that counts.
    public var coverage: Double? { Self.ratio(habitual.coldFound, habitual.cold) }
    /// Of all habitual opens, those whose head was there, whatever had brought it.
    public var found: Double? { Self.ratio(habitual.found, habitual.count) }
    public var precision: Double? { Self.ratio(right, right + wrong) }
    public var precisionWithRelated: Double? {
        Self.ratio(right + relatedRight, right + relatedRight + wrong + relatedWrong)
    }
    public var wasted: Double? {
        shareBytes > 0 ? Double(wastedBytes) / Double(shareBytes) : nil
    }

    private static func ratio(_ part: Int, _ whole: Int) -> Double? {
        whole > 0 ? Double(part) / Double(whole) : nil
    }
}
