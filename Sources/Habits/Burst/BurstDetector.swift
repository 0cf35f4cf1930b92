/// Bursts of opens in one folder: intervals much shorter than usual, five opens in a row.
///
/// The rule as it is usually given, an interval under mean − 2 sd, finds nothing where intervals vary as those of people do: for an
/// exponential distribution the standard deviation is the mean, and mean − 2 sd is negative. So the same rule is
/// applied to the logarithms of the intervals, which brings the limit to between a tenth and a thirtieth of the usual interval, and never under zero. The rule
/// on the intervals themselves can be chosen (``Scale/seconds``).
///
/// What is usual is learned from all intervals, the newest weighing a thirty-second, except from those in a burst; a burst of
/// more than thirty-two opens is what is usual now. 40 bytes. A clock that goes back gives no interval.
public struct BurstDetector: Sendable {
    public enum Scale: Sendable {
        case seconds, logarithm
    }

    /// Opens that make a burst.
    public static let opensMin = 5
    /// Intervals before anything is called short.
    public static let intervalsMin = 8
    static let memory = 32.0
    static let burstMax = 32
    /// Opens at the same moment are so far apart.
    static let secondsMin = 0.001

    private let scale: Scale
    private var last: Double?
    private var count = 0.0
    private var mean = 0.0
    private var variance = 0.0
    /// Opens that followed each other by short intervals, up to the last one.
    private var run = 1

    public init(_ scale: Scale = .logarithm) {
        self.scale = scale
    }

    /// The last open belongs to a burst.
    public var isBurst: Bool { run >= Self.opensMin }

    /// Seconds under which an interval is short; nil while too little is known, or where the rule allows none.
    public var limit: Double? {
        guard count >= Double(Self.intervalsMin) else { return nil }
        let limit = mean - 2 * variance.squareRoot()
        switch scale {
        case .seconds: return limit > 0 ? limit : nil
        case .logarithm: return NaturalLogarithm.inverse(limit)
        }
    }

    /// - Parameter seconds: of the open, on any clock.
    public mutating func note(at seconds: Double) {
        defer { last = seconds }
        guard let last, seconds >= last else {
            run = 1
            return
        }
        let interval = max(Self.secondsMin, seconds - last)
        let isShort = limit.map { interval < $0 } ?? false
        run = isShort ? min(run, Self.burstMax) + 1 : 1
        if !isBurst || run > Self.burstMax { learn(interval) }
    }

    /// What it says of a folder at a moment: a burst is over when nothing came for four times what is short, and at least ten seconds.
    public func detection(at seconds: Double) -> Detection? {
        guard isBurst, let last, let limit, seconds >= last,
            seconds - last <= max(10, limit * 4)
        else { return nil }
        // Five in a row are chance only if each of four intervals is; more make it surer.
        let confidence = 1 - 1 / Double(run)
        return Detection(
            .burst, confidence: confidence,
            reason: "\(run)\(run > Self.burstMax ? " or more" : "") opens in its folder within"
                + " \(ReasonText.duration(max(1, limit))) of each other")
    }

    private mutating func learn(_ interval: Double) {
        let value = scale == .seconds ? interval : NaturalLogarithm.of(interval)
        count = min(count + 1, Self.memory)
        let weight = 1 / count
        let difference = value - mean
        mean += weight * difference
        variance = (1 - weight) * (variance + weight * difference * difference)
    }
}
