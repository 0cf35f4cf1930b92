public import Model

/// What came of a look at some of what the tiers on disks have.
///
/// Whoever wants all looked at asks again and again with ``next``, until that is nil. Below zero it is of the storage tier, which comes
/// behind the disk tier.
public struct VerificationBatch: Codable, Hashable, Sendable {
    /// A version of a file of which stored blocks were not what had been written.
    public struct Damage: Codable, Hashable, Sendable {
        public var path: WirePath
        public var blocks: Int

        public init(path: RelativePath, blocks: Int) {
            self.path = WirePath(path)
            self.blocks = blocks
        }
    }

    /// What sound blocks of a file hold; where sums were asked for.
    public struct Contents: Codable, Hashable, Sendable {
        public var path: WirePath
        public var sizeBytes: Int64
        public var modified: Timestamp
        /// `[offset, length, XXH3 of the file's bytes there]` of each block.
        public var blocks: [[UInt64]]

        public init(path: RelativePath, fingerprint: Fingerprint, blocks: [[UInt64]] = []) {
            self.path = WirePath(path)
            sizeBytes = fingerprint.size
            modified = fingerprint.modified
            self.blocks = blocks
        }
    }

    /// Chunks that were read.
    public var chunks = 0
    /// Of files' contents.
    public var bytes: Int64 = 0
    /// All chunks that the tiers have, wherever.
    public var chunksOfAll = 0
    public var damaged: [Damage] = []
    /// Rows of the index that did not read back.
    public var damagedRows = 0
    public var contents: [Contents] = []
    /// Somebody else wanted something of the disk meanwhile.
    public var isBusy = false
    /// Why it was not looked at.
    public var trouble: String?
    /// What to ask with next.
    public var next: Int64?

    public init() {}
}
