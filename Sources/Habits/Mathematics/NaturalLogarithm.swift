/// ln and e^x without the C library, which this room does not import; relative errors under 1e-9.
enum NaturalLogarithm {
    private static let ln2 = 0.693_147_180_559_945_3

    /// - Parameter x: more than 0.
    static func of(_ x: Double) -> Double {
        guard x > 0, x.isFinite else { return -.infinity }
        // x = 2^e · m with m from 1 to 2; ln m = 2 artanh((m − 1) / (m + 1)).
        let y = (x.significand - 1) / (x.significand + 1)
        let square = y * y
        var (term, sum) = (y, 0.0)
        for odd in stride(from: 1.0, through: 21, by: 2) {
            sum += term / odd
            term *= square
        }
        return Double(x.exponent) * ln2 + 2 * sum
    }

    /// e^x; 0 and infinity beyond what a number holds.
    static func inverse(_ x: Double) -> Double {
        guard x > -700 else { return 0 }
        guard x < 700 else { return .infinity }
        let power = (x / ln2).rounded()
        let rest = x - power * ln2
        var (term, sum) = (1.0, 1.0)
        for n in 1...14 {
            term *= rest / Double(n)
            sum += term
        }
        return Double(sign: .plus, exponent: Int(power), significand: sum)
    }
}
