/// How sure it is that a file is wanted again, while no model was trained: 0.4 recency + 0.3 frequency + 0.2 pattern + 0.1
/// dependencies. All terms are 0 ... 1.
public struct AccessConfidence: Sendable, Equatable {
    static let ageMax = 86_400.0
    static let countMax = 100.0
    static let dependenciesMax = 10.0

    /// Seconds since the last access; less than 0 (a clock that went back) counts as 0.
    public var age: Double
    /// Accesses so far.
    public var count: Int
    /// Confidence of the best pattern that it is part of; 0 for none.
    public var pattern: Double
    /// Files that it is opened together with.
    public var dependencies: Int

    public init(age: Double, count: Int, pattern: Double, dependencies: Int) {
        self.age = age
        self.count = count
        self.pattern = pattern
        self.dependencies = dependencies
    }

    /// 1 − min(1, age / 24 h).
    public var recency: Double { 1 - min(1, max(0, age) / Self.ageMax) }
    /// min(1, count / 100).
    public var frequency: Double { min(1, Double(max(0, count)) / Self.countMax) }
    /// min(1, n / 10).
    public var dependence: Double { min(1, Double(max(0, dependencies)) / Self.dependenciesMax) }

    public var value: Double {
        0.4 * recency + 0.3 * frequency + 0.2 * min(1, max(0, pattern)) + 0.1 * dependence
    }
}
