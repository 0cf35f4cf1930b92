/// What people see of the forest that weighs what habits expect.
public struct ForestReport: Sendable, Hashable {
    /// It was better than the rules on the latest of what happened, and decides what is brought.
    public var decides = false
    /// What it was made of, and how many of these were opened; 0 where there is none.
    public var samples = 0
    public var reads = 0
    /// Seconds since 1970: of the last sample.
    public var upTo: Int64?
    /// Share of the bytes that were read, of as many bytes as were read in all: the forest's choice, and its best rival's less.
    public var advantage: Double?
    /// Why there is none, or no newer one, in words.
    public var trouble: String?
}
