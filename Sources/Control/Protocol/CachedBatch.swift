public import Model

/// Some of what a tier has of the files at and below a path.
///
/// Whoever wants all asks again and again with ``next``, until that is nil. A large file may come in several parts, each with what
/// is cached in it.
public struct CachedBatch: Codable, Hashable, Sendable {
    public enum Tier: String, Codable, Hashable, Sendable, CaseIterable {
        case memory, disk, storage
    }

    /// A version of a file, or a part of one.
    public struct File: Codable, Hashable, Sendable {
        public var path: WirePath
        /// Of two versions of a file, the later one's is larger; comparable within a tier.
        public var version: Int64
        public var sizeBytes: Int64
        public var modified: Timestamp
        /// In `strict`: of the inode.
        public var changed: Timestamp?
        /// Bytes of its contents that the tier has.
        public var cachedBytes: Int64
        /// Of those of the disk, what memory has as well.
        public var inMemoryToo: Int64

        public init(
            path: RelativePath, version: Int64, fingerprint: Fingerprint, cachedBytes: Int64,
            inMemoryToo: Int64 = 0
        ) {
            self.path = WirePath(path)
            self.version = version
            sizeBytes = fingerprint.size
            modified = fingerprint.modified
            changed = fingerprint.strict?.changed
            self.cachedBytes = cachedBytes
            self.inMemoryToo = inMemoryToo
        }
    }

    public var files: [File]
    /// What to ask with next.
    public var next: Int64?

    public init(files: [File] = [], next: Int64? = nil) {
        self.files = files
        self.next = next
    }
}
