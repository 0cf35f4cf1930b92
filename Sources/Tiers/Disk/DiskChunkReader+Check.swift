import Model
import Platform

/// Reading what the index has, for nobody who wants the bytes.
extension DiskChunkReader {
    /// Reads a chunk as a row of the index has it. Where that fails, it is looked at as readers do, by what is known of the chunk
    /// now: it may have been evicted or stored anew meanwhile.
    ///
    /// - Returns: the sound blocks, and how many were not what had been written; those are noted, and are to be removed.
    func check(
        _ identity: ObjectIdentity, _ chunk: ChunkIndex, _ entry: ChunkEntry
    ) -> (blocks: [LoadedBlock], damaged: Int) {
        // For its seeds; the table of those that are in use is not the place for what is only looked at.
        let apart = DiskObject(identity)
        let blocks = (try? contents(of: apart, chunk, entry, entry.mask)) ?? []
        if blocks.count == entry.mask.count { return (blocks, 0) }
        let object = core.objects.object(identity)
        guard let now = self.entry(of: object, chunk), now.agrees(with: entry) else {
            return (blocks, 0)
        }
        return check(object, chunk, now, entry.mask)
    }
}
