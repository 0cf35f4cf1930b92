/// One value for each ``Feature``; what nobody knows is missing.
public struct FeatureVector: Sendable {
    /// In the order of ``Feature``; missing is NaN.
    public private(set) var values: [Float]

    public init() {
        values = Array(repeating: .nan, count: Feature.count)
    }

    /// nil: missing. What is not finite is missing, too: no tree knows where it belongs.
    public subscript(feature: Feature) -> Float? {
        get {
            let value = values[Int(feature.rawValue)]
            return value.isNaN ? nil : value
        }
        set {
            let value = newValue ?? .nan
            values[Int(feature.rawValue)] = value.isFinite ? value : .nan
        }
    }
}

extension FeatureVector: Equatable {
    public static func == (left: FeatureVector, right: FeatureVector) -> Bool {
        zip(left.values, right.values).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }
    }
}
