/// How a read came by its bytes.
public struct ReadAccount: Sendable {
    public enum Source: UInt8, Sendable, Comparable {
        case memory, tier, share

        public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    }

    /// The slowest tier that took part; a fetch that was under way already counts as what it came from, or memory.
    public var source = Source.memory
    /// Bytes that this read itself had to ask the share for.
    public var missedBytes: Int64 = 0
}

/// What became of a wish to have something in memory.
public struct PrefetchOutcome: Sendable {
    /// Bytes that had to be fetched, from disk or share; 0 where everything was there, on its way, or refused.
    public var bytes: Int64 = 0
}

/// Bytes that were fetched ahead and left memory unread.
public struct UnreadEviction: Sendable {
    /// Of the prefetch that brought them; see ``ChunkCache/prefetch(_:_:owner:priority:completion:)``.
    public var owner: UInt64
    /// In the file.
    public var range: Range<Int64>
}
