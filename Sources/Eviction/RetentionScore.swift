public import Model

/// What keeping an entry is worth, and what moving it to a faster tier is.
///
///     retention = 0.4 × age factor + 0.4 × weight of the priority + 0.2 × usage factor
///     age factor = max(0, 1 − age / longest time to live), usage factor = min(1, uses / 100)
///     promotion = uses × 1 / (1 + hours since the use before) × threshold of the content type
///
/// The age is the time since the last use. The figures are Larder's own; `docs/TIERS.md` has what follows from them.
public enum RetentionScore {
    /// Seconds: the time to live of the highest priority, 30 days.
    public static let longestLife: Double = 30 * 86400
    /// Uses beyond which one more makes no difference.
    public static let usesMax: UInt32 = 100
    /// What moves up one tier has more.
    public static let promotionMin = 0.6

    /// - Parameters:
    ///   - age: seconds since the last use; a clock that went back makes none.
    ///   - uses: since it came.
    /// - Returns: 0 … 1.
    public static func retention(age: Double, priority: Priority, uses: UInt32) -> Double {
        let ageFactor = min(1, max(0, 1 - age / longestLife))
        let usageFactor = Double(min(uses, usesMax)) / Double(usesMax)
        return 0.4 * ageFactor + 0.4 * weight(of: priority) + 0.2 * usageFactor
    }

    /// - Parameters:
    ///   - pause: seconds between the last use and the one before.
    ///   - threshold: from which probability a file of its type is fetched ahead, 0 … 1.
    public static func promotion(uses: UInt32, pause: Double, threshold: Double) -> Double {
        Double(uses) / (1 + max(0, pause) / 3600) * threshold
    }

    public static func weight(of priority: Priority) -> Double {
        switch priority {
        case .critical: 1
        case .high: 0.8
        case .medium: 0.5
        case .low: 0.2
        }
    }
}
