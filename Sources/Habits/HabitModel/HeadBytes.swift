public import Model

/// How much of a file's head is worth having before its time.
public enum HeadBytes {
    /// A film is fetched ahead as it plays; before that, what its beginning takes on the slowest way.
    static let mediaMax: Int64 = 64 << 20
    /// Ten seconds of what a Blu-ray disc gives, 40 Mbit/s, are 50 MB; of most files 10.
    static let media: Int64 = 16 << 20
    static let other: Int64 = 4 << 20
    static let otherMax: Int64 = 256 << 20
    /// Whoever opens a file reads that much of it, or it is smaller.
    static let least: Int64 = 256 << 10

    /// - Parameter usual: bytes that are mostly read of it; nil where nothing is known.
    /// - Returns: bytes, perhaps more than the file has.
    public static func expected(_ usual: Int64?, of type: ContentType) -> Int64 {
        let (bytes, most) = type == .media ? (media, mediaMax) : (other, otherMax)
        return min(max(usual ?? bytes, least), most)
    }
}
