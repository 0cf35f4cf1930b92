public import Model
public import Platform
public import Share

import Synchronization

/// The tiers as the view sees them: bytes of a file version from memory, else from a tier, else from the share.
///
/// **Versions.** A file is cached by version: share, path and fingerprint make an ``ObjectIdentity``, and a changed file is another
/// object. So nothing that is cached is ever out of date; what can be is the answer to which version is current, and that is the
/// view's to know (``FileVersions`` there). A version that could have changed without its fingerprint moving (written within the
/// same tick of the server's clock: git calls such a file racily clean) stays in memory and is asked for again.
///
/// **Single flight.** A chunk (4 KiB to 4 MiB by content type) is made of blocks of 64 KiB, each valid, pending or absent. A read makes
/// one pass over its chunks (``ReadPass``), each under its shard's lock once: it takes what is valid, joins what is pending and claims
/// what is absent. Whoever claims a block fetches it, once for all who join. A waiter is answered when the blocks that it
/// asked for are there, whatever else of the chunk or the request is still to come.
///
/// **Fetching.** What is claimed is asked of the first tier of ``TierChain``; what that lacks, loses or does not bring in time of
/// the next; and what no tier brings of the share, neighbouring blocks as one request. What the share brings is verified (the open file is
/// looked at after the read) before it is joined with earlier bytes or offered to the tiers. Fetching ahead takes the same way; a demand
/// that joins a queued prefetch promotes it.
///
/// **Eviction.** Memory is a set of shards by key, each with its lock, its limit and its ``EvictionPolicy``. What is of low priority,
/// and what the kernel keeps pages of, is the first to go. What is pending or waited for stays.
///
/// Nothing here blocks, but where a reader lends its thread to a tier: answers come on the caller's thread for hits, else on a thread of a
/// tier or of the share.
public final class ChunkCache: Sendable {
    public struct Configuration: Sendable {
        /// Bytes of block buffers kept, at most, until ``ChunkCache/setMemoryLimit(_:)``.
        public var memoryLimit: ByteCount
        /// Bytes per request to the share, at most.
        public var requestSizeMax: Int
        public var consistency: Consistency
        /// Of files that are of no version, and of those that only their first bytes tell of.
        public var rules: ContentRules

        public init(
            memoryLimit: ByteCount, requestSizeMax: Int = ChunkCache.requestSizeMax,
            consistency: Consistency = .eventual, rules: ContentRules = .usual
        ) {
            self.memoryLimit = memoryLimit
            self.requestSizeMax = requestSizeMax
            self.consistency = consistency
            self.rules = rules
        }
    }

    /// Bytes per request to the share, unless configured otherwise.
    public static let requestSizeMax = 1 << 20

    /// Bytes per request that nobody waits for: half of it is what a reader who comes meanwhile waits for on average.
    public static let prefetchSizeMax = 512 << 10

    public typealias ReadResult = Result<[BlockSlice], ShareFile.ReadFailure>

    let configuration: Configuration
    let share: Share
    public let tiers: TierChain
    let buffers: BufferPool
    let shards: [Mutexed<MemoryShard>]
    /// What was fetched ahead and awaits the share's word; as much as is under way at most.
    let unverified = Mutex<[ChunkKey: [Unverified]]>([:])
    let memoryLimit: Atomic<Int64>
    let usePeriods = Mutex(UsePeriods())
    let unreadEvictionReport = Mutex<UnreadEvictionReport?>(nil)
    private let nextNumber = Atomic<UInt64>(1)
    let servedFromMemory = Atomic<UInt64>(0)

    public init(
        configuration: Configuration, share: Share, tiers: TierChain, buffers: BufferPool
    ) {
        self.configuration = configuration
        self.share = share
        self.tiers = tiers
        self.buffers = buffers
        memoryLimit = Atomic(configuration.memoryLimit.bytes)
        // A shard holds several of the largest chunks, else one chunk would evict its own neighbours.
        let limit = Int(configuration.memoryLimit.bytes)
        let count = min(8, max(1, limit / (32 << 20)))
        shards = (0..<count).map { _ in
            Mutexed(MemoryShard(limit: limit / count, tiers: tiers.count))
        }
    }

    /// The file behind an identity; the caller keeps it for as long as that version is current.
    ///
    /// - Parameter former: see ``CachedFile/former``.
    public func file(_ identity: ObjectIdentity, instead former: CachedFile? = nil) -> CachedFile {
        let size = identity.fingerprint.size
        let isTold =
            identity.contentType != .userData
            || configuration.rules.finding(of: identity.path, size: size).reason != .nothing
        return CachedFile(
            number: nextNumber.wrappingAdd(1, ordering: .relaxed).oldValue, identity: identity,
            isTold: isTold, source: share.file(identity),
            isKept: identity.isPersistent && !tiers.isEmpty,
            shown: mayAnswerUnverified(identity) ? ShownRanges(identity.geometry) : nil,
            instead: former)
    }

    /// Not where every look has to be of this moment, nor where what is read must be what somebody was let in to.
    private func mayAnswerUnverified(_ identity: ObjectIdentity) -> Bool {
        !share.nature.isLocal && configuration.consistency == .eventual && identity.anchor == nil
    }

    /// A file that is being written through the view: kept in memory until the next write, in no tier.
    ///
    /// - Parameters:
    ///   - path: where it is, or was last.
    ///   - size: bytes.
    ///   - anchor: what is opened at the path must be of.
    ///   - source: what it was read through before, if that is still open; else `handle`, else the path.
    public func liveFile(
        _ path: RelativePath, size: Int64, anchor: ObjectAnchor? = nil, source: ShareFile?,
        handle: ShareHandle?
    ) -> CachedFile {
        let number = nextNumber.wrappingAdd(1, ordering: .relaxed).oldValue
        let rules = configuration.rules
        let type = rules.type(of: path, size: size)
        let identity = ObjectIdentity(
            // Its own for this run, which is as long as it lives.
            key: ObjectKey(words: (number, 0, 0, 0)), path: path,
            fingerprint: Fingerprint(size: size, modified: Timestamp(seconds: 0)),
            contentType: type,
            geometry: ChunkGeometry(chunkSize: rules.chunkSize(of: type), fileSize: size),
            isPersistent: false, anchor: anchor)
        return CachedFile(
            number: number, identity: identity,
            source: source ?? share.liveFile(identity, handle: handle), isKept: false,
            shown: nil)
    }

    // MARK: - Reading

    /// Reads `range`, clipped to the file; empty slices at or behind its end.
    ///
    /// - Parameters:
    ///   - priority: of what is fetched for it; what is `low` leaves before anything else.
    ///     What somebody else has brought in keeps its own.
    ///   - memoryPriority: in memory, where that is another one: what nobody is about to read is `low` there.
    ///   - willBlock: nil where this thread must not wait for a tier; else called before it may do so, for a single block
    ///     that a tier has.
    ///   - opened: called where the share has the file open and is about to be asked for what is missing; any number of times.
    ///   - retracted: called after `completion` where bytes that it got turn out to be another version's: whatever has
    ///     them is to drop them. Happens only to a reader who was given nothing else beside them
    ///     (``ShownRanges``).
    ///   - completion: called once, at once for a hit.
    public func read(
        _ file: CachedFile, _ range: Range<Int64>, priority: Priority = .medium,
        memoryPriority: Priority? = nil, willBlock: (() -> Void)? = nil,
        opened: (@Sendable () -> Void)? = nil,
        retracted: (@Sendable () -> Void)? = nil,
        completion: @escaping @Sendable (ReadResult, ReadAccount) -> Void
    ) {
        let geometry = file.geometry
        // No file system has files of this size; a broken share may say so.
        guard geometry.isCacheable else {
            return completion(.failure(.errno(.fileTooLarge)), ReadAccount())
        }
        let range = range.clamped(to: 0..<geometry.fileSize)
        guard !range.isEmpty else { return completion(.success([]), ReadAccount()) }
        let isAlone = file.shown?.add(range) ?? false
        var pass = ReadPass(file: file, range: range, priority: memoryPriority ?? priority)
        for value in geometry.chunks(in: range) {
            let chunk = ChunkIndex(value)
            pass.take(chunk, from: shard(file, chunk)) {
                PendingRead(
                    geometry: geometry, range: range,
                    alone: isAlone
                        ? file.shown.map { PendingRead.Alone(shown: $0, retracted: retracted) }
                        : nil,
                    completion: completion)
            } promote: {
                promote($0)
            }
        }
        guard let pending = pass.pending else {
            if isAlone { file.shown?.end(range) }
            servedFromMemory.wrappingAdd(UInt64(range.count), ordering: .relaxed)
            return completion(.success(pass.slices), ReadAccount())
        }
        // Now: where this thread waits for a tier, the answer may come from another one meanwhile.
        pending.registered()
        fetch(
            file, pass.missing,
            Fetch(urgency: .demand, priority: priority, reader: pending, opened: opened),
            isWhole: pass.isWhole, willBlock: willBlock)
        // All of it was on its way already, and may have come.
        if isAlone, pass.missing.isEmpty, pending.isOfOneChunk {
            let chunk = ChunkIndex(geometry.chunks(in: range).lowerBound)
            answerUnverified(file, pending, chunk, geometry.blocks(of: chunk, in: range))
        }
    }

    /// Whether all of `range` is in memory and was asked for before. Takes the locks of its chunks only.
    public func holdsRead(_ file: CachedFile, _ range: Range<Int64>) -> Bool {
        let geometry = file.geometry
        guard geometry.isCacheable else { return false }
        let range = range.clamped(to: 0..<geometry.fileSize)
        return geometry.chunks(in: range).allSatisfy { value in
            let chunk = ChunkIndex(value)
            return shard(file, chunk).withLock {
                $0.holdsRead(
                    ChunkKey(file: file.number, chunk: chunk), geometry.blocks(of: chunk, in: range)
                )
            }
        }
    }

    /// What is in memory of a version that is not to be joined with what the share has now; nil where a part is missing.
    public func remembered(_ file: CachedFile, _ range: Range<Int64>) -> [BlockSlice]? {
        guard file.geometry.isCacheable else { return nil }
        let range = range.clamped(to: 0..<file.geometry.fileSize)
        return range.isEmpty ? [] : resident(file, range, priority: .medium)
    }

    /// All of `range` from memory, or nil.
    private func resident(
        _ file: CachedFile, _ range: Range<Int64>, priority: Priority
    ) -> [BlockSlice]? {
        let geometry = file.geometry
        var slices: [BlockSlice] = []
        for value in geometry.chunks(in: range) {
            let chunk = ChunkIndex(value)
            let needed = geometry.blocks(of: chunk, in: range)
            let whole = geometry.allBlocks(of: chunk)
            let blocks = shard(file, chunk).withLock {
                $0.lookup(
                    ChunkKey(file: file.number, chunk: chunk), needed, whole: whole,
                    priority: priority)
            }
            guard let blocks else { return nil }
            PendingRead.append(&slices, blocks, of: chunk, range, geometry)
        }
        return slices
    }

    /// Fetches what is not here of `range` behind all demand. Does nothing where memory has no room for
    /// bytes that nobody has asked for yet.
    ///
    /// - Parameters:
    ///   - owner: told again when bytes leave memory unread.
    ///   - schedule: when which of its bytes will be wanted.
    ///   - completion: called once, when everything that had to be fetched has come or failed; at once if that is nothing.
    /// - Returns: how much that is.
    @discardableResult
    public func prefetch(
        _ file: CachedFile, _ range: Range<Int64>, owner: UInt64 = 0, priority: Priority = .medium,
        schedule: PrefetchSchedule = PrefetchSchedule(),
        completion: @escaping @Sendable () -> Void = {}
    ) -> PrefetchOutcome {
        var outcome = PrefetchOutcome()
        let geometry = file.geometry
        guard geometry.isCacheable else { return outcome }
        let range = range.clamped(to: 0..<geometry.fileSize)
        var budget = prefetchBudget
        var missing: [MissingBlocks] = []
        for value in geometry.chunks(in: range) where budget > 0 {
            let chunk = ChunkIndex(value)
            let fetch = shard(file, chunk).withLock {
                $0.reserve(
                    ChunkKey(file: file.number, chunk: chunk),
                    geometry.blocks(of: chunk, in: range),
                    blocksPerChunk: geometry.blocksPerChunk,
                    owner: MemoryShard.Owner(number: owner, chunkSize: geometry.chunkSize),
                    priority: priority)
            }
            if !fetch.isEmpty { missing.append(MissingBlocks(chunk: chunk, blocks: fetch)) }
            budget -= fetch.count * geometry.blockSize
            outcome.bytes += geometry.bytes(of: chunk, blocks: fetch)
        }
        let arrivals = Arrivals(completion: completion)
        fetch(
            file, missing,
            Fetch(
                urgency: .prefetch, priority: priority, schedule: schedule,
                arrivals: arrivals))
        arrivals.done()
        return outcome
    }

    /// Fetches what readers have asked for of a file while it was young, and is in memory, and has been read anew in part alone: once,
    /// behind everything that anybody waits for.
    public func fetchRestAnew(_ fresh: CachedFile, at now: Duration) {
        guard let former = fresh.takeReplaced(), former.geometry.isCacheable else { return }
        let geometry = former.geometry
        let schedule = PrefetchSchedule(due: now + PrefetchSchedule.horizon)
        for chunk in chunksInMemory(of: former, 0..<geometry.fileSize) {
            let read = shard(former, chunk).withLock {
                $0.read(of: ChunkKey(file: former.number, chunk: chunk))
            }
            for run in read.runs {
                let first = geometry.byteRange(of: chunk, block: run.lowerBound)
                let last = geometry.byteRange(of: chunk, block: run.upperBound - 1)
                prefetch(fresh, first.lowerBound..<last.upperBound, schedule: schedule)
            }
        }
    }

    /// Chunks of which something may be in memory or on its way: of terabytes, or what a share says is that, hardly a chunk is.
    private func chunksInMemory(of file: CachedFile, _ range: Range<Int64>) -> [ChunkIndex] {
        let chunks = file.geometry.chunks(in: range)
        guard chunks.count > Self.chunksSoughtMax else { return chunks.map { ChunkIndex($0) } }
        return shards.flatMap { shard in shard.withLock { $0.chunks(of: file.number) } }
            .filter { chunks.contains($0.value) }
    }

    /// So many are looked for one by one; for more, all that is in memory is looked through.
    private static let chunksSoughtMax = 4096

    /// What of `range` is waiting to be fetched ahead is not fetched, unless a reader waits for it.
    public func cancelPrefetch(_ file: CachedFile, _ range: Range<Int64>) {
        let geometry = file.geometry
        guard geometry.isCacheable else { return }
        for chunk in chunksInMemory(of: file, range.clamped(to: 0..<geometry.fileSize)) {
            let tickets = shard(file, chunk).withLock {
                $0.unawaitedFlights(
                    ChunkKey(file: file.number, chunk: chunk), geometry.blocks(of: chunk, in: range)
                )
            }
            for ticket in tickets { cancel(ticket) }
        }
    }

    /// In a structure: taken out of a `Mutex` by itself, a closure is wrapped once more each time, until the stack ends.
    struct UnreadEvictionReport {
        var call: @Sendable ([UnreadEviction]) -> Void
    }

    /// Who wants to know what was fetched ahead in vain. Called without locks held, on the thread that evicted.
    public func onUnreadEviction(_ report: @escaping @Sendable ([UnreadEviction]) -> Void) {
        unreadEvictionReport.withLock { $0 = UnreadEvictionReport(call: report) }
    }

    /// Bytes that may still be fetched ahead: half of memory belongs to what people have read.
    private var prefetchBudget: Int {
        let unread = shards.reduce(0) { sum, shard in sum + shard.withLock { $0.unreadBytes } }
        return Int(memoryLimit.load(ordering: .relaxed)) / 2 - unread
    }

    func shard(_ file: CachedFile, _ chunk: ChunkIndex) -> Mutexed<MemoryShard> {
        // Neighbouring chunks of one file go to different shards, and files start at different ones.
        shards[Int((file.number &+ UInt64(chunk.value)) % UInt64(shards.count))]
    }
}
