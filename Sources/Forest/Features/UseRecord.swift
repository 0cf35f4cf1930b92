/// How a file was used: what ``FeatureExtractor`` needs of its history, in about 1 KiB.
///
/// Told of each open in the order of time; a clock that goes back makes an interval of 0. Pure.
public struct UseRecord: Sendable, Equatable {
    /// Of the opens that are kept one by one.
    public static let recentMax = 64

    /// The last opens, oldest first.
    public private(set) var recent: [Moment] = []
    /// Opens in each hour of the day and on each weekday, local time.
    public private(set) var byHour = [UInt32](repeating: 0, count: 24)
    public private(set) var byWeekday = [UInt32](repeating: 0, count: 7)
    public private(set) var count: UInt32 = 0
    /// Of the first open.
    public private(set) var first: Moment?
    /// Mean of the intervals between opens, in seconds, and the sum of their squared deviations (Welford 1962).
    public private(set) var intervalMean = 0.0
    private var squaredDeviations = 0.0

    public init() {}

    public var last: Moment? { recent.last }

    /// Standard deviation of the intervals, in seconds; nil for fewer than two.
    public var intervalDeviation: Double? {
        // Two intervals are three opens.
        count < 3 ? nil : (squaredDeviations / Double(count - 2)).squareRoot()
    }

    public mutating func opened(at moment: Moment) {
        if let last {
            let interval = Double(max(0, moment.seconds - last.seconds))
            let deviation = interval - intervalMean
            // After this open there are `count` intervals.
            intervalMean += deviation / Double(count)
            squaredDeviations += deviation * (interval - intervalMean)
        } else {
            first = moment
        }
        if recent.count == Self.recentMax { recent.removeFirst() }
        recent.append(moment)
        byHour[moment.hour] &+= 1
        byWeekday[Int(moment.weekday)] &+= 1
        if count < .max { count += 1 }
    }
}
