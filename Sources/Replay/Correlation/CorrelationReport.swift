/// The third table: what rules over misses make of a trace, learned on its first part and judged on the rest.
public struct CorrelationReport: Sendable, Equatable, Encodable {
    public var chunkBytes: Int
    public var distinctChunks: Int
    public var cacheChunks: Int
    /// Accesses of the part that is judged.
    public var accesses: Int
    /// Misses of least recently used alone, in the part that is judged.
    public var misses: Int
    /// With rules that stay as they are after the first part.
    public var frozen: CorrelationRow
    /// With rules that go on learning.
    public var online: CorrelationRow
}

/// What came of the predictions, in chunks of the part that is judged.
public struct CorrelationRow: Sendable, Equatable, Encodable {
    /// Expected, whether fetched or in the shadow.
    public var predicted = 0
    /// Fetched because it was expected.
    public var issued = 0
    /// Of those, asked for while they were there.
    public var used = 0
    /// Of those, dropped before anybody asked. What is neither was there at the end and may still be used.
    public var unused = 0
    /// That nobody had expected.
    public var misses = 0
    /// ``used`` over used and unused.
    public var precision: Double?
    /// ``used`` over the misses of least recently used alone.
    public var coverage: Double?
    /// Fetched more than by least recently used alone, over that.
    public var extraTraffic: Double?
    /// It ended in the shadow.
    public var isOff = false
    /// Where it went into the shadow and came out again: positions among the accesses of the judged part, in turn.
    /// The first is 0 where it began in the shadow.
    public var switchedOffAt: [Int] = []
    public var switchedOnAt: [Int] = []
}
