import Model
import Platform

/// One pass of a read over its chunks: takes what is in memory, and claims what is not, under each chunk's lock once.
struct ReadPass {
    /// Of what was in memory from the start on, as long as all was.
    private(set) var slices: [BlockSlice] = []
    /// nil while all was in memory.
    private(set) var pending: PendingRead?
    /// Claimed: now the reader's duty.
    private(set) var missing: [MissingBlocks] = []
    /// Whether all that is read is missing, and nobody fetches any of it yet.
    private(set) var isWhole = true

    private let file: CachedFile
    private let range: Range<Int64>
    private let priority: Priority
    private let isOfOneChunk: Bool
    /// For a read of several chunks that turns out to wait.
    private var found: [(chunk: ChunkIndex, blocks: ChunkBlocks)] = []

    init(file: CachedFile, range: Range<Int64>, priority: Priority) {
        self.file = file
        self.range = range
        self.priority = priority
        isOfOneChunk = file.geometry.chunks(in: range).count == 1
    }

    /// - Parameters:
    ///   - make: what waits; called at the first chunk that is not in memory, under its lock.
    ///   - promote: gets what fetches the chunk ahead already.
    mutating func take(
        _ chunk: ChunkIndex, from shard: Mutexed<MemoryShard>, make: () -> PendingRead,
        promote: (FlightTicket) -> Void
    ) {
        let geometry = file.geometry
        let needed = geometry.blocks(of: chunk, in: range)
        let key = ChunkKey(file: file.number, chunk: chunk)
        let answer = shard.withLock { shard in
            shard.request(
                key, needed, whole: geometry.allBlocks(of: chunk),
                blocksPerChunk: geometry.blocksPerChunk, priority: priority
            ) { self.waiting(make) }
        }
        switch answer {
        case .hit(let blocks):
            isWhole = false
            if let pending {
                pending.expectChunk()
                pending.deliver(chunk, blocks)
            } else {
                PendingRead.append(&slices, blocks, of: chunk, range, geometry)
                if !isOfOneChunk { found.append((chunk, blocks)) }
            }
        case .wait(let fetch, let joined):
            if !fetch.isEmpty { missing.append(MissingBlocks(chunk: chunk, blocks: fetch)) }
            isWhole = isWhole && fetch == needed
            for ticket in joined { promote(ticket) }
        }
    }

    /// The read, which waits for one chunk more.
    private mutating func waiting(_ make: () -> PendingRead) -> PendingRead {
        let read = pending ?? make()
        if pending == nil {
            pending = read
            for (chunk, blocks) in found {
                read.expectChunk()
                read.deliver(chunk, blocks)
            }
        }
        read.expectChunk()
        return read
    }
}
