/// Mean and standard deviation of numbers that come one at a time and are not kept.
///
/// Welford's method ("Note on a Method for Calculating Corrected Sums of Squares and Products", Technometrics
/// 1962): no cancellation, however large the mean is beside the deviation.
public struct RunningStatistics: Hashable, Sendable {
    public private(set) var count: Int
    /// 0 without numbers.
    public private(set) var mean: Double
    /// Sum of the squared distances from the mean.
    private(set) var squares: Double

    public init() {
        self.init(count: 0, mean: 0, squares: 0)
    }

    init(count: Int, mean: Double, squares: Double) {
        self.count = count
        self.mean = mean
        self.squares = squares
    }

    public mutating func add(_ number: Double) {
        count += 1
        let distance = number - mean
        mean += distance / Double(count)
        squares += distance * (number - mean)
    }

    /// Of the sample (divided by n − 1); nil for fewer than two numbers.
    public var standardDeviation: Double? {
        count < 2 ? nil : (squares / Double(count - 1)).squareRoot()
    }
}
