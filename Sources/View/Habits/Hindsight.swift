public import Model

/// How a forecast did: what a day was expected to bring, held against what it brought.
public struct Hindsight: Sendable, Hashable {
    public struct Item: Sendable, Hashable {
        public var path: RelativePath
        public var probability: Double
        public var reason: String
        /// Seconds since 1970: when it was expected, and opened; nil: it was not.
        public var window: ClosedRange<Int64>
        public var openedAt: Int64?
    }

    /// Seconds since 1970.
    public var span: Range<Int64>
    /// What was expected, the most probable first.
    public var expected: [Item] = []
    /// Different files that were opened in the span, and those of them that were expected.
    public var opened = 0
    public var openedAsExpected = 0
}
