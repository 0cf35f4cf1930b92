public import Model

/// Some entries of a directory that is being listed, in the directory's own order.
public struct DirectoryBatch: Sendable {
    public struct Entry: Sendable, Hashable {
        public var name: Name
        public var attributes: FileAttributes
        /// The share lists the name and would not give the attributes, or would mount something for them: `attributes` has nothing
        /// but the inode number and the type that came with the name.
        public var isNameOnly: Bool

        public init(name: Name, attributes: FileAttributes, isNameOnly: Bool = false) {
            self.name = name
            self.attributes = attributes
            self.isNameOnly = isNameOnly
        }
    }

    /// Of the directory, before its first entry was read.
    public var directory: FileAttributes
    public var entries: [Entry]
    /// What came before is void: the listing begins, or begins anew.
    public var isFirst: Bool
    public var isLast: Bool
    /// When the share was asked for the first of these entries (monotonic).
    public var askedAt: Duration
    /// Some of the directory could not be read: there may be names that are not listed. Of all so far.
    public var hasGaps: Bool
    /// Entries that were left out, of all so far: those whose name cannot be one, and those that came twice.
    public var refused: Int
    /// Of these entries: those whose attributes the share would not give, or that are too many to ask.
    public var unreadable: Int
}
