public import Model

/// A directory as the index keeps it: what `getattr`, `readdir` and `readlink` need, with its age.
public struct StoredListing: Hashable, Sendable {
    public struct Entry: Hashable, Sendable {
        public var name: Name
        public var attributes: FileAttributes
        /// Where a symbolic link points; nil when it is not known, or for anything else.
        public var linkTarget: [UInt8]?
        /// The share listed the name and gave no attributes: `attributes` has inode number and type at most.
        public var isNameOnly: Bool
        public var extendedAttributes: AttributeKnowledge

        public init(
            name: Name, attributes: FileAttributes, linkTarget: [UInt8]? = nil,
            isNameOnly: Bool = false,
            extendedAttributes: AttributeKnowledge = AttributeKnowledge()
        ) {
            self.name = name
            self.attributes = attributes
            self.linkTarget = linkTarget
            self.isNameOnly = isNameOnly
            self.extendedAttributes = extendedAttributes
        }
    }

    public var directory: FileAttributes
    /// In the order in which the share listed them.
    public var entries: [Entry]
    /// When the share said so, by the wall clock.
    public var fetchedAt: Timestamp
    /// For how long it counts as fresh, in seconds from ``fetchedAt``.
    public var ttl: UInt32
    /// Of the directory itself, where no other listing names it.
    public var extendedAttributes: AttributeKnowledge

    public init(
        directory: FileAttributes, entries: [Entry], fetchedAt: Timestamp, ttl: UInt32,
        extendedAttributes: AttributeKnowledge = AttributeKnowledge()
    ) {
        self.directory = directory
        self.entries = entries
        self.fetchedAt = fetchedAt
        self.ttl = ttl
        self.extendedAttributes = extendedAttributes
    }
}
