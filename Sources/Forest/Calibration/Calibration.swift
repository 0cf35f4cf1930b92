import Glibc

/// What turns a forest's value into a probability: of all that it calls 0.7, seven in ten are read.
public enum Calibration: Equatable, Sendable {
    /// As the forest says it.
    case identity
    /// A logistic curve (Platt 1999).
    case logistic(LogisticCurve)
    /// A rising line through measured points (Zadrozny and Elkan 2002).
    case isotonic(IsotonicCurve)

    /// - Returns: 0 … 1.
    public func probability(of value: Double) -> Double {
        let probability =
            switch self {
            case .identity: value
            case .logistic(let curve): curve.probability(of: value)
            case .isotonic(let curve): curve.probability(of: value)
            }
        return probability.isNaN ? 0 : min(1, max(0, probability))
    }
}
