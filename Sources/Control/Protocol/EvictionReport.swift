public import Model

/// What was dropped of one path.
public struct EvictionReport: Codable, Hashable, Sendable {
    public var path: WirePath
    /// Files of which something was cached.
    public var files: Int
    /// Chunks dropped, all tiers together.
    public var chunks: Int
    /// Bytes freed in memory and on disk, as they lay there (compressed where they were).
    public var bytes: Int64
    /// Folder listings dropped.
    public var listings: Int
    /// Why it could not be done; the figures say what was dropped all the same.
    public var error: String?

    public init(
        path: RelativePath, files: Int = 0, chunks: Int = 0, bytes: Int64 = 0, listings: Int = 0,
        error: String? = nil
    ) {
        self.path = WirePath(path)
        self.files = files
        self.chunks = chunks
        self.bytes = bytes
        self.listings = listings
        self.error = error
    }

    public var isEmpty: Bool { files == 0 && chunks == 0 && bytes == 0 && listings == 0 }
}
