/// What the third table is made with.
public struct CorrelationSettings: Sendable, Equatable {
    public static let cachePercentDefault = 10

    /// Of the distinct chunks, what the cache holds.
    public var cachePercent: Int

    public init(cachePercent: Int = Self.cachePercentDefault) {
        self.cachePercent = cachePercent
    }
}
