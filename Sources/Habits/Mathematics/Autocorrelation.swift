/// Whether a series repeats itself: its correlation with itself shifted by a lag, and where that peaks.
public struct Autocorrelation: Sendable, Equatable {
    public struct Peak: Sendable, Equatable {
        /// Places in the series.
        public var lag: Int
        /// -1 ... 1.
        public var value: Double
    }

    /// By lag from 1 on.
    public let values: [Double]
    /// Values of the series.
    public let count: Int

    /// Of a series in its order, for lags up to half of its length: the usual estimate (Box and Jenkins), with the sum over
    /// the overlap divided by the sum of squares of the whole. A series that does not vary repeats itself at every lag.
    ///
    /// - Parameter lagMax: work is the length of the series times this.
    public init(_ series: [Double], lagMax: Int = 64) {
        count = series.count
        let lags = max(0, min(lagMax, series.count / 2))
        let mean = series.reduce(0, +) / Double(max(1, series.count))
        let differences = series.map { $0 - mean }
        let total = differences.reduce(0) { $0 + $1 * $1 }
        values = (0..<lags).map { index in
            let lag = index + 1
            guard total > mean * mean * 1e-12 else { return 1 }
            var sum = 0.0
            for place in lag..<differences.count {
                sum += differences[place] * differences[place - lag]
            }
            return sum / total
        }
    }

    /// Twice the standard error of a series without structure, 2 / √n (Bartlett): what chance does not reach.
    public var threshold: Double { 2 / Double(max(1, count)).squareRoot() }

    /// Lags that are more alike than their neighbours and than chance, the highest first.
    public var peaks: [Peak] {
        values.indices.filter { index in
            let value = values[index]
            guard value > threshold else { return false }
            let before = index > 0 ? values[index - 1] : -1
            let after = index + 1 < values.count ? values[index + 1] : -1
            return value >= before && value > after || value > before && value >= after
        }
        .map { Peak(lag: $0 + 1, value: values[$0]) }
        .sorted { ($1.value, $0.lag) < ($0.value, $1.lag) }
    }

    /// The next value of a series by its highest peak: the mean of what was there one, two and three lags before it.
    static func next(of series: [Double]) -> Double? {
        guard let lag = Autocorrelation(series).peaks.first?.lag else { return nil }
        let places = (1...3).map { series.count - $0 * lag }.filter { $0 >= 0 }
        guard !places.isEmpty else { return nil }
        return places.reduce(0) { $0 + series[$1] } / Double(places.count)
    }
}
