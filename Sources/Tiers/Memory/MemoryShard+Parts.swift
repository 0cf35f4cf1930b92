import Model

/// What a shard is asked and answers.
extension MemoryShard {
    struct Waiter: Sendable {
        var needed: BlockMask
        var read: PendingRead
    }

    /// Who had a chunk fetched ahead.
    struct Owner: Sendable {
        var number: UInt64 = 0
        var chunkSize = 0
    }

    struct Satisfied: Sendable {
        var read: PendingRead
        var chunk: ChunkIndex
        var blocks: ChunkBlocks
    }

    enum Answer: Sendable {
        case hit(ChunkBlocks)
        /// - fetch: blocks that nobody fetches yet; now the asker's duty.
        /// - joined: fetches that are under way for the others.
        case wait(fetch: BlockMask, joined: [FlightTicket])
    }

    struct Counters: Sendable {
        var hits: UInt64 = 0
        var misses: UInt64 = 0
        var evictions: UInt64 = 0
        var prefetchedBytes: UInt64 = 0
        var prefetchUsedBytes: UInt64 = 0
        var prefetchWastedBytes: UInt64 = 0
    }
}
