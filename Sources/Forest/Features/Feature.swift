/// What a forest is told of a file at a moment: the columns of its table, in their order.
///
/// Names are what a model file knows a column by: a model that was trained with others, or in another order, is read by
/// them. A value that nobody knows is missing (NaN), and a tree has a branch of its own for that.
public enum Feature: UInt8, CaseIterable, Sendable {
    // When: local time.
    /// 0 … 23.
    case hour
    /// 0 is Monday, 6 Sunday.
    case weekday
    /// Since local midnight.
    case secondsOfDay
    /// Sine and cosine of the day's circle, in which 23:59 lies beside 0:00.
    case daySine
    case dayCosine

    // How it was used.
    /// Opens so far.
    case accessCount
    case secondsSinceFirst
    case secondsSinceLast
    /// Of the time between two opens, in seconds.
    case intervalMean
    case intervalDeviation
    /// Age of the last open in mean intervals: 1 is when the next one is due.
    case lastAccessAge
    /// Opens within the last hour, day and week; of the last 64 opens.
    case opensLastHour
    case previousCount
    case opensLastWeek
    /// Days on which it was there to be opened.
    case daysPresent
    /// Opens at this hour of the day, and within an hour of it, for each day present.
    case opensAtHourPerDay
    case opensNearHourPerDay
    /// Opens on this weekday for each week present.
    case opensOnWeekdayPerWeek
    /// Share of the recent opens whose time of day lies within half an hour of now.
    case nearShareOfRecent
    /// Seconds until the nearest time of day at which it was opened lately comes again; 0 … 86,400.
    case secondsUntilHabit

    // What detectors say: 0 … 1.
    case sequentialConfidence
    case burstConfidence
    case periodicConfidence
    /// Seconds until the middle of the time at which the rules expect it, less than 0 after it; and its standard deviation.
    case secondsUntilDue
    case dueDeviation

    // What it is.
    /// Weight of the priority, 0 … 1.
    case priority
    /// Bytes.
    case size
    /// 1: read in order the last time; 0: not.
    case isSequential
    /// 1: fetched ahead the last time; 0: not.
    case wasPrefetched

    // What lies around it.
    /// Opens in its folder.
    case folderOpensLastHour
    case folderOpensLastDay
    /// 1: the one before it in its series was the last that was opened; 0: not.
    case isNextInSeries
    case secondsSinceSibling

    // What the machine does: 0 … 1.
    case memoryLoad
    case processorLoad
    case diskLoad
    case networkLoad

    public static let count = allCases.count

    /// In model and sample files. It never changes: a column of another meaning gets another name.
    public var name: String { String(describing: self) }

    public init?(name: String) {
        guard let found = Self.byName[name] else { return nil }
        self = found
    }

    private static let byName = Dictionary(
        allCases.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
}
