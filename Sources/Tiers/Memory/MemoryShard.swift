import Eviction
import Model
import Platform
import Share

/// Neighbouring blocks of a chunk, by their numbers in it: a part of the chunk's own array, so that to take them counts one reference
/// and not one for each. Whoever keeps them for long keeps what is read, and not this: it keeps the whole chunk.
typealias ChunkBlocks = ArraySlice<BlockBuffer?>

/// What fetches blocks ahead, as who carries it out knows it.
enum FlightTicket: Sendable {
    case tier(any TierLoad)
    case share(ShareScheduler.Ticket)
}

/// One part of the memory tier: resident chunks, what is on its way, and who waits for it. A pure value; each
/// shard lives in a lock of its own.
///
/// For every block of a chunk exactly one of these holds: it is *valid* (its buffer is here), *pending* (one
/// fetch is under way: single flight), or absent. Waiters name the blocks that they need and are handed
/// back as soon as all of those are valid, whatever else of the chunk is still to come.
struct MemoryShard: Sendable {
    private struct Flight: Sendable {
        var blocks: BlockMask
        var ticket: FlightTicket
    }

    private struct Chunk: Sendable {
        var buffers: [BlockBuffer?]
        var valid: BlockMask = []
        var pending: BlockMask = []
        /// Fetched ahead and not asked for yet.
        var unread: BlockMask = []
        /// Not asked for yet, whoever fetched them; and which of them each tier had, as far as any did.
        var unasked: BlockMask = []
        var fromTiers: [BlockMask] = []
        var type = ContentType.userData
        /// Sent to the kernel, which now has them in its page cache, as far as it has not asked for them again.
        var served: BlockMask = []
        /// The kernel has asked for what it had: it keeps nothing of this for long.
        var isAskedAgain = false
        /// Nobody has asked for it but who is of low priority.
        var isOfLowPriority = false
        var waiters: [Waiter] = []
        var flights: [Flight] = []
        var bytes = 0
        var owner = Owner()
        /// The file's version is gone: leave as soon as nobody waits.
        var isDoomed = false
        /// The shard's ``MemoryShard/period`` in which it was asked for last, or came.
        var usedIn: UInt32 = 0

        var isInUse: Bool { !pending.isEmpty || !waiters.isEmpty }

        init(blocks: Int, _ priority: Priority) {
            buffers = Array(repeating: nil, count: blocks)
            isOfLowPriority = priority == .low
        }

        mutating func setOrigin(_ blocks: BlockMask, _ tier: Int?) {
            for other in fromTiers.indices { fromTiers[other].subtract(blocks) }
            guard let tier else { return }
            while fromTiers.count <= tier { fromTiers.append([]) }
            fromTiers[tier].formUnion(blocks)
        }
    }

    /// What a chunk takes beside its blocks, measured with files of one block of 4 KiB: its entry here (300), the places of
    /// its buffers and the order of eviction (200), the file's version in the view (500). Counts against the limit,
    /// so that a tier of many small files is no larger than one of a film.
    static let chunkOverheadBytes = 1024

    /// Bytes: four chunks of the largest usual size. Those that readers are in the middle of are no fewer.
    static let windowMin = 4 << 20

    /// What is counted of readers; apart from the chunks, so that both can change at once.
    private struct Tally {
        var counters = Counters()
        /// Fetched ahead and not asked for yet.
        var unreadBytes = 0
        /// By tier.
        var asked: [AskedBlocks]
        var isAsked = false

        mutating func read(_ blocks: BlockMask, of chunk: inout Chunk) {
            let first = chunk.unasked.intersection(blocks)
            guard !first.isEmpty else { return }
            countAsked(first, chunk.fromTiers, chunk.type)
            chunk.unasked.subtract(first)
            let used = chunk.unread.intersection(blocks)
            guard !used.isEmpty else { return }
            let bytes = MemoryShard.bytes(chunk.buffers, used)
            unreadBytes -= bytes
            counters.prefetchUsedBytes += UInt64(bytes)
            chunk.unread.subtract(used)
        }

        /// A tier is asked for what those before it do not have.
        private mutating func countAsked(
            _ blocks: BlockMask, _ fromTiers: [BlockMask], _ type: ContentType
        ) {
            var left = blocks
            for tier in asked.indices where !left.isEmpty {
                let found = tier < fromTiers.count ? left.intersection(fromTiers[tier]) : []
                left.subtract(found)
                asked[tier].add(type, found: found.count, missed: left.count)
                isAsked = true
            }
        }
    }

    private var chunks: [ChunkKey: Chunk] = [:]
    /// With the sizes that count against the limit: ``chunkOverheadBytes`` included.
    private var policy: AdaptiveTinyLFUPolicy<ChunkKey>
    /// Read last: who reads on in a chunk has not come back to it.
    private var latest: ChunkKey?
    private(set) var bytes = 0
    private var tally: Tally
    private var unreadEvictions: [UnreadEviction] = []
    private(set) var limit: Int
    /// See ``expire(in:unusedFor:)``.
    private var period: UInt32 = 0

    /// - Parameter tiers: how many there are.
    init(limit: Int, tiers: Int = 0) {
        self.limit = limit
        policy = AdaptiveTinyLFUPolicy(capacity: limit, windowMin: Self.windowMin)
        tally = Tally(asked: Array(repeating: AskedBlocks(), count: tiers))
    }

    var count: Int { chunks.count }
    var counters: Counters { tally.counters }
    var unreadBytes: Int { tally.unreadBytes }

    // MARK: - Readers

    /// The blocks if all are here; counts as a use where they were here and asked for before.
    mutating func lookup(
        _ key: ChunkKey, _ needed: BlockMask, whole: BlockMask, priority: Priority
    ) -> ChunkBlocks? {
        guard let at = chunks.index(forKey: key) else { return nil }
        guard chunks.values[at].valid.isSuperset(of: needed) else { return nil }
        if priority != .low { chunks.values[at].isOfLowPriority = false }
        chunks.values[at].usedIn = period
        let use = Self.use(&chunks.values[at], needed, whole: whole, &tally, isNew: latest != key)
        latest = key
        note(use, key, priority)
        return Self.pick(chunks.values[at].buffers, needed)
    }

    private mutating func note(_ use: Use, _ key: ChunkKey, _ priority: Priority) {
        switch use {
        case .keptByKernel:
            // The same byte need not be in RAM twice.
            policy.demote(key)
        case .again where priority != .low: policy.touch(key)
        case .readOn where priority != .low: policy.refresh(key)
        case .settled where priority != .low: policy.settle(key)
        case .settled: policy.demote(key)
        case .again, .readOn: break
        }
    }

    private enum Use {
        /// The kernel has been sent all of the chunk, and has not asked for any of it twice.
        case keptByKernel
        /// Of what was fetched ahead nothing is unread any more.
        case settled
        case again
        case readOn
    }

    private static func use(
        _ chunk: inout Chunk, _ needed: BlockMask, whole: BlockMask, _ tally: inout Tally,
        isNew: Bool
    ) -> Use {
        tally.counters.hits += 1
        let wasUnread = !chunk.unread.isEmpty
        tally.read(needed, of: &chunk)
        let isAgain = isNew && !chunk.served.isDisjoint(with: needed)
        if isAgain {
            chunk.isAskedAgain = true
            chunk.served = needed
        } else {
            chunk.served.formUnion(needed)
        }
        if chunk.served.isSuperset(of: whole), !chunk.isAskedAgain { return .keptByKernel }
        if isAgain { return .again }
        return wasUnread && chunk.unread.isEmpty ? .settled : .readOn
    }

    /// Whether all blocks are here and none of them was only fetched ahead; not a use.
    func holdsRead(_ key: ChunkKey, _ blocks: BlockMask) -> Bool {
        guard let at = chunks.index(forKey: key) else { return false }
        return chunks.values[at].valid.isSuperset(of: blocks)
            && chunks.values[at].unread.isDisjoint(with: blocks)
    }

    /// Whether all blocks are here or on their way; not a use.
    func expects(_ key: ChunkKey, _ blocks: BlockMask) -> Bool {
        guard let at = chunks.index(forKey: key) else { return false }
        return chunks.values[at].valid.union(chunks.values[at].pending).isSuperset(of: blocks)
    }

    /// The blocks if all are here, else a place in the queue for them.
    ///
    /// - Parameter read: who waits; called where they are not here.
    mutating func request(
        _ key: ChunkKey, _ needed: BlockMask, whole: BlockMask, blocksPerChunk: Int,
        priority: Priority, for read: () -> PendingRead
    ) -> Answer {
        if let found = lookup(key, needed, whole: whole, priority: priority) {
            return .hit(found)
        }
        tally.counters.misses += 1
        var chunk = chunks[key] ?? Chunk(blocks: blocksPerChunk, priority)
        if priority != .low { chunk.isOfLowPriority = false }
        let missing = needed.subtracting(chunk.valid)
        let joined = missing.intersection(chunk.pending)
        let fetch = missing.subtracting(chunk.pending)
        chunk.pending.formUnion(fetch)
        chunk.waiters.append(Waiter(needed: needed, read: read()))
        let tickets = chunk.flights.filter { !$0.blocks.isDisjoint(with: joined) }.map(\.ticket)
        chunks[key] = chunk
        return .wait(fetch: fetch, joined: tickets)
    }

    // MARK: - Fetches

    /// Claims the blocks of `wanted` that are neither here nor on their way, for a prefetch.
    mutating func reserve(
        _ key: ChunkKey, _ wanted: BlockMask, blocksPerChunk: Int, owner: Owner = Owner(),
        priority: Priority = .medium
    ) -> BlockMask {
        var chunk = chunks[key] ?? Chunk(blocks: blocksPerChunk, priority)
        let fetch = wanted.subtracting(chunk.valid).subtracting(chunk.pending)
        guard !fetch.isEmpty else { return [] }
        if priority != .low { chunk.isOfLowPriority = false }
        chunk.pending.formUnion(fetch)
        chunk.owner = owner
        chunks[key] = chunk
        return fetch
    }

    /// Which ticket fetches these blocks, so that a demand read can promote it.
    ///
    /// - Returns: whether a reader waits for them already: who came between ``reserve(_:_:blocksPerChunk:owner:)`` and
    ///   now found no ticket to promote.
    mutating func note(_ ticket: FlightTicket, _ key: ChunkKey, _ blocks: BlockMask) -> Bool {
        guard let at = chunks.index(forKey: key) else { return false }
        let stillPending = blocks.intersection(chunks.values[at].pending)
        guard !stillPending.isEmpty else { return false }  // came faster than the ticket
        chunks.values[at].flights.append(Flight(blocks: stillPending, ticket: ticket))
        return chunks.values[at].waiters.contains { !$0.needed.isDisjoint(with: stillPending) }
    }

    /// Puts fetched blocks in place.
    ///
    /// - Parameter tier: where they come from; nil: from the share.
    /// - Returns: the waiters that are complete with them.
    mutating func deliver(
        _ key: ChunkKey, _ loaded: [LoadedBlock], isPrefetch: Bool, from tier: Int? = nil,
        type: ContentType = .userData
    ) -> [Satisfied] {
        guard let at = chunks.index(forKey: key) else { return [] }
        var arrived: BlockMask = []
        var added = 0
        for block in loaded {
            let bit = BlockMask(block.index..<(block.index + 1))
            arrived.formUnion(bit)
            guard !chunks.values[at].valid.contains(block: block.index) else { continue }
            chunks.values[at].buffers[block.index] = block.buffer
            added += block.buffer.capacity
        }
        chunks.values[at].type = type
        chunks.values[at].usedIn = period
        chunks.values[at].unasked.formUnion(arrived)
        chunks.values[at].setOrigin(arrived, tier)
        chunks.values[at].valid.formUnion(arrived)
        chunks.values[at].pending.subtract(arrived)
        chunks.values[at].flights.removeAll { !$0.blocks.isDisjoint(with: arrived) }
        chunks.values[at].bytes += added
        bytes += added
        if isPrefetch { markUnread(at, arrived) }
        let satisfied = takeSatisfied(at, key)
        enter(at, key)
        if chunks.values[at].isDoomed, !chunks.values[at].isInUse { remove(key) }
        evict(sparing: key)
        return satisfied
    }

    /// Tells the policy what has come of a chunk.
    private mutating func enter(_ at: Dictionary<ChunkKey, Chunk>.Index, _ key: ChunkKey) {
        let chunk = chunks.values[at]
        let traits = EntryTraits(size: chunk.bytes + Self.chunkOverheadBytes, type: chunk.type)
        guard chunk.unread.isEmpty else { return policy.insertAhead(key, traits) }
        policy.insert(key, traits)
        policy.settle(key)
        if chunk.isOfLowPriority, !chunk.isInUse { policy.demote(key) }
    }

    private mutating func markUnread(_ at: Dictionary<ChunkKey, Chunk>.Index, _ arrived: BlockMask)
    {
        let count = Self.bytes(chunks.values[at].buffers, arrived)
        tally.counters.prefetchedBytes += UInt64(count)
        tally.unreadBytes += count
        chunks.values[at].unread.formUnion(arrived)
    }

    private mutating func takeSatisfied(
        _ at: Dictionary<ChunkKey, Chunk>.Index, _ key: ChunkKey
    ) -> [Satisfied] {
        var satisfied: [Satisfied] = []
        var still: [Waiter] = []
        for waiter in chunks.values[at].waiters {
            guard chunks.values[at].valid.isSuperset(of: waiter.needed) else {
                still.append(waiter)
                continue
            }
            tally.read(waiter.needed, of: &chunks.values[at])
            chunks.values[at].served.formUnion(waiter.needed)
            latest = key
            satisfied.append(
                Satisfied(
                    read: waiter.read, chunk: key.chunk,
                    blocks: Self.pick(chunks.values[at].buffers, waiter.needed)))
        }
        chunks.values[at].waiters = still
        return satisfied
    }

    /// Reads that wait for nothing but some of `blocks`.
    func reads(waitingFor blocks: BlockMask, of key: ChunkKey) -> [PendingRead] {
        guard let chunk = chunks[key] else { return [] }
        return chunk.waiters.filter { blocks.isSuperset(of: $0.needed) }.map(\.read)
    }

    /// Blocks of `failed` that somebody waits for.
    func isAwaited(_ key: ChunkKey, _ failed: BlockMask) -> BlockMask {
        guard let chunk = chunks[key] else { return [] }
        return chunk.waiters.reduce(into: BlockMask()) {
            $0.formUnion($1.needed.intersection(failed))
        }
    }

    /// A fetch brought nothing. - Returns: the reads that waited for any of its blocks.
    mutating func fail(_ key: ChunkKey, _ failed: BlockMask) -> [PendingRead] {
        guard let at = chunks.index(forKey: key) else { return [] }
        chunks.values[at].pending.subtract(failed)
        chunks.values[at].flights.removeAll { !$0.blocks.isDisjoint(with: failed) }
        let affected = chunks.values[at].waiters.filter { !$0.needed.isDisjoint(with: failed) }
        chunks.values[at].waiters.removeAll { !$0.needed.isDisjoint(with: failed) }
        let chunk = chunks.values[at]
        if !chunk.isInUse, chunk.valid.isEmpty || chunk.isDoomed { remove(key) }
        return affected.map(\.read)
    }

    /// Fetches of any of `blocks` that no reader waits for.
    func unawaitedFlights(_ key: ChunkKey, _ blocks: BlockMask) -> [FlightTicket] {
        guard let chunk = chunks[key] else { return [] }
        let awaited = chunk.waiters.reduce(into: BlockMask()) { $0.formUnion($1.needed) }
        return chunk.flights.filter {
            !$0.blocks.isDisjoint(with: blocks) && $0.blocks.isDisjoint(with: awaited)
        }.map(\.ticket)
    }

    /// What readers have asked for of a chunk and is here.
    func read(of key: ChunkKey) -> BlockMask {
        chunks[key].map { $0.valid.subtracting($0.unread) } ?? []
    }

    /// Of which something is here or on its way. Looks at all chunks of all files.
    func chunks(of file: UInt64) -> [ChunkIndex] {
        chunks.keys.filter { $0.file == file }.map(\.chunk)
    }

    /// Blocks that are here; not a use.
    func valid(_ key: ChunkKey) -> BlockMask { chunks[key]?.valid ?? [] }

    /// Bytes of contents that are here, by ``ChunkKey/file``. Looks at all chunks.
    func addContents(to sums: inout [UInt64: Int64]) {
        for (key, chunk) in chunks {
            let bytes = chunk.buffers.reduce(0) { $0 + ($1?.count ?? 0) }
            if bytes > 0 { sums[key.file, default: 0] += Int64(bytes) }
        }
    }

    /// What readers have asked for, for the first time since it came here, since the last call: of each tier; empty where nothing.
    mutating func takeAsked() -> [AskedBlocks] {
        guard tally.isAsked else { return [] }
        defer {
            tally.isAsked = false
            tally.asked = tally.asked.map { _ in AskedBlocks() }
        }
        return tally.asked
    }

    /// What has left unread since the last call.
    mutating func takeUnreadEvictions() -> [UnreadEviction] {
        guard !unreadEvictions.isEmpty else { return [] }
        defer { unreadEvictions.removeAll(keepingCapacity: true) }
        return unreadEvictions
    }

    /// Gives claimed blocks back that will not be fetched after all, where nobody waits for them.
    mutating func release(_ key: ChunkKey, _ blocks: BlockMask) -> BlockMask {
        let awaited = isAwaited(key, blocks)
        _ = fail(key, blocks.subtracting(awaited))
        return awaited
    }

    // MARK: - Leaving

    /// The version is gone or evicted: forget its chunks; those on their way leave when they have arrived.
    mutating func drop(where matches: (ChunkKey) -> Bool) -> DroppedChunks {
        var dropped = DroppedChunks()
        for key in chunks.keys.filter(matches) {
            guard let at = chunks.index(forKey: key) else { continue }
            if chunks.values[at].isInUse {
                chunks.values[at].isDoomed = true
            } else {
                dropped += DroppedChunks(chunks: 1, bytes: Int64(chunks.values[at].bytes))
                remove(key)
            }
        }
        return dropped
    }

    /// A new period begins: what has not been asked for in as many as `periods` whole ones leaves.
    ///
    /// - Parameter period: a number that grows by one from period to period.
    mutating func expire(in period: UInt32, unusedFor periods: UInt32) {
        self.period = period
        let unused = chunks.filter { period - $1.usedIn > periods && !$1.isInUse }
        tally.counters.evictions += UInt64(unused.count)
        for key in unused.keys { remove(key) }
    }

    mutating func setLimit(_ bytes: Int) {
        limit = bytes
        policy.capacity = bytes
        evict(sparing: nil)
    }

    private mutating func remove(_ key: ChunkKey) {
        guard let chunk = chunks.removeValue(forKey: key) else { return }
        policy.remove(key)
        bytes -= chunk.bytes
        let wasted = Self.bytes(chunk.buffers, chunk.unread)
        tally.unreadBytes -= wasted
        tally.counters.prefetchWastedBytes += UInt64(wasted)
        guard wasted > 0, chunk.owner.chunkSize > 0 else { return }
        let start = Int64(key.chunk.value) * Int64(chunk.owner.chunkSize)
        unreadEvictions.append(
            UnreadEviction(
                owner: chunk.owner.number, range: start..<(start + Int64(chunk.owner.chunkSize))))
    }

    /// Chunks that are on their way or waited for stay; they are few, and looking past them is bounded.
    private mutating func evict(sparing spared: ChunkKey?) {
        var passed: [(key: ChunkKey, size: Int)] = []
        while bytes + chunks.count * Self.chunkOverheadBytes > limit, passed.count < 16,
            let (victim, size) = policy.victim()
        {
            if victim == spared || chunks[victim]?.isInUse == true {
                passed.append((victim, size))
            } else {
                remove(victim)
                tally.counters.evictions += 1
            }
        }
        // They were the first to go and are so again: else what is worth little and is spared once would outlive the rest.
        for (key, size) in passed.reversed() {
            policy.restore(key, EntryTraits(size: size, type: chunks[key]?.type))
        }
    }

    /// - Parameter needed: neighbours.
    private static func pick(_ buffers: [BlockBuffer?], _ needed: BlockMask) -> ChunkBlocks {
        let first = needed.rawValue.trailingZeroBitCount
        return buffers[first..<(first + needed.count)]
    }

    fileprivate static func bytes(_ buffers: [BlockBuffer?], _ mask: BlockMask) -> Int {
        var sum = 0
        for (number, buffer) in buffers.enumerated() where mask.contains(block: number) {
            sum += buffer?.capacity ?? 0
        }
        return sum
    }
}
