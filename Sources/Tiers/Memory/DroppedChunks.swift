/// What a tier let go of because it was told to.
public struct DroppedChunks: Hashable, Sendable {
    public var chunks: Int
    /// As they lay there: raw in memory; on disk what the file system got back.
    public var bytes: Int64

    public init(chunks: Int = 0, bytes: Int64 = 0) {
        self.chunks = chunks
        self.bytes = bytes
    }

    public static func += (left: inout DroppedChunks, right: DroppedChunks) {
        left.chunks += right.chunks
        left.bytes += right.bytes
    }
}
