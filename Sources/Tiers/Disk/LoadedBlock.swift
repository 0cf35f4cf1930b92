public import Platform

/// One block of a chunk with its bytes: what goes to the disk tier and what comes back.
public struct LoadedBlock: Sendable {
    /// Within the chunk.
    public let index: Int
    /// Filled to the block's length, and published: nobody changes it any more.
    public let buffer: BlockBuffer

    public init(index: Int, buffer: BlockBuffer) {
        self.index = index
        self.buffer = buffer
    }
}
