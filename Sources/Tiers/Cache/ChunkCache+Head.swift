public import Model

import Platform

extension ChunkCache {
    /// What a version is to be read as, that nobody has read in this run: in chunks of the size in which a tier has it, where
    /// one has it in another than `identity` says.
    ///
    /// - Parameters:
    ///   - resized: gives its identity with another chunk size.
    ///   - completion: called once; at once where nothing is stored in other sizes.
    public func findStored(
        _ identity: ObjectIdentity, resized: @escaping @Sendable (Int) -> ObjectIdentity,
        completion: @escaping @Sendable (ObjectIdentity) -> Void
    ) {
        tiers.findStored(identity, resized: resized) { completion($0 ?? identity) }
    }

    /// Whether a reader who begins at the start of a file will be served without the share: its first block is in memory,
    /// on its way there, or in a tier.
    ///
    /// - Parameter completion: called once; at once where that is known, else when the tiers have been
    ///   asked.
    public func findHead(of file: CachedFile, completion: @escaping @Sendable (Bool) -> Void) {
        let geometry = file.geometry
        guard geometry.isCacheable, geometry.fileSize > 0 else { return completion(true) }
        let chunk = ChunkIndex(0)
        let head = geometry.blocks(of: chunk, in: 0..<1)
        let key = ChunkKey(file: file.number, chunk: chunk)
        if shard(file, chunk).withLock({ $0.expects(key, head) }) { return completion(true) }
        guard file.isKept else { return completion(false) }
        tiers.contains(
            MissingBlocks(chunk: chunk, blocks: head), of: file.identity, completion: completion)
    }
}
