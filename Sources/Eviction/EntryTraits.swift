public import Model

/// What a policy is told of an entry.
public struct EntryTraits: Hashable, Sendable {
    /// Bytes, 0 ... 4 GiB − 1.
    public var size: Int
    /// What it is to people; nil for what is no part of a file.
    public var type: ContentType?
    /// What fetching it again costs, against that of an entry of this size and type from the same share: 1 as any.
    public var weight: Float

    public var priority: Priority

    public init(
        size: Int, type: ContentType? = nil, weight: Float = 1, priority: Priority = .medium
    ) {
        self.size = size
        self.type = type
        self.weight = weight
        self.priority = priority
    }
}
