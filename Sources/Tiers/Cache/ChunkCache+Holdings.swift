public import Model

import Platform

/// What is in memory, for people who ask.
extension ChunkCache {
    /// Bytes of files' contents in memory by ``CachedFile/number``. Goes through all chunks: some milliseconds.
    public var contentsInMemory: [UInt64: Int64] {
        var sums: [UInt64: Int64] = [:]
        for shard in shards { shard.withLock { $0.addContents(to: &sums) } }
        return sums
    }

    /// Blocks of a chunk that are in memory; not a use.
    public func blocksInMemory(of file: CachedFile, _ chunk: ChunkIndex) -> BlockMask {
        shard(file, chunk).withLock { $0.valid(ChunkKey(file: file.number, chunk: chunk)) }
    }
}
