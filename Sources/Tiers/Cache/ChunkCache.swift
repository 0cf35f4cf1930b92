public import Model
public import Platform
public import Share

import Synchronization

/// The tiers as the view sees them: bytes of a file version from memory, else disk, else the share.
///
/// A read looks in memory under one shard's lock. What is missing is claimed block by block (single flight),
/// loaded from the disk tier where it has it, and asked of the share for the rest, neighbouring blocks as one
/// request. Nothing here blocks, but where a reader lends its thread to the disk tier: answers come on the caller's
/// thread for hits, else on a disk or share thread.
public final class ChunkCache: Sendable {
    public struct Configuration: Sendable {
        /// Bytes of block buffers kept, at most, until ``ChunkCache/setMemoryLimit(_:)``.
        public var memoryLimit: ByteCount
        /// Bytes per request to the share, at most.
        public var requestSizeMax: Int
        public var consistency: Consistency

        public init(
            memoryLimit: ByteCount, requestSizeMax: Int = ChunkCache.requestSizeMax,
            consistency: Consistency = .eventual
        ) {
            self.memoryLimit = memoryLimit
            self.requestSizeMax = requestSizeMax
            self.consistency = consistency
        }
    }

    /// Bytes per request to the share, unless configured otherwise.
    public static let requestSizeMax = 1 << 20

    /// Bytes per request that nobody waits for: half of it is what a reader who comes meanwhile waits for on average.
    public static let prefetchSizeMax = 512 << 10

    public typealias ReadResult = Result<[BlockSlice], ShareFile.ReadFailure>

    let configuration: Configuration
    let share: Share
    public let disk: DiskTier?
    let buffers: BufferPool
    private let shards: [Mutexed<MemoryShard>]
    /// What was fetched ahead and awaits the share's word; as much as is under way at most.
    private let unverified = Mutex<[ChunkKey: [Unverified]]>([:])
    private let memoryLimit: Atomic<Int64>
    private let unreadEvictionReport = Mutex<UnreadEvictionReport?>(nil)
    private let nextNumber = Atomic<UInt64>(1)
    private let servedFromMemory = Atomic<UInt64>(0)
    private let loadedFromDisk = Atomic<UInt64>(0)

    /// - Parameter disk: nil to do without a disk tier.
    public init(
        configuration: Configuration, share: Share, disk: DiskTier?, buffers: BufferPool
    ) {
        self.configuration = configuration
        self.share = share
        self.disk = disk
        self.buffers = buffers
        memoryLimit = Atomic(configuration.memoryLimit.bytes)
        // A shard holds several of the largest chunks, else one chunk would evict its own neighbours.
        let limit = Int(configuration.memoryLimit.bytes)
        let count = min(8, max(1, limit / (32 << 20)))
        shards = (0..<count).map { _ in Mutexed(MemoryShard(limit: limit / count)) }
    }

    /// The file behind an identity; the caller keeps it for as long as that version is current.
    ///
    /// - Parameter former: see ``CachedFile/former``.
    public func file(_ identity: ObjectIdentity, instead former: CachedFile? = nil) -> CachedFile {
        CachedFile(
            number: nextNumber.wrappingAdd(1, ordering: .relaxed).oldValue, identity: identity,
            source: share.file(identity),
            isKeptOnDisk: identity.isPersistent && disk != nil,
            shown: mayAnswerUnverified(identity) ? ShownRanges(identity.geometry) : nil,
            instead: former)
    }

    /// Not where every look has to be of this moment, nor where what is read must be what somebody was let in to.
    private func mayAnswerUnverified(_ identity: ObjectIdentity) -> Bool {
        !share.nature.isLocal && configuration.consistency == .eventual && identity.anchor == nil
    }

    /// A file that is being written through the view: kept in memory until the next write, never on disk.
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
        let type = ContentType(path: path, size: size)
        let identity = ObjectIdentity(
            // Its own for this run, which is as long as it lives.
            key: ObjectKey(words: (number, 0, 0, 0)), path: path,
            fingerprint: Fingerprint(size: size, modified: Timestamp(seconds: 0)),
            contentType: type,
            geometry: ChunkGeometry(chunkSize: type.chunkSize, fileSize: size),
            isPersistent: false, anchor: anchor)
        return CachedFile(
            number: number, identity: identity,
            source: source ?? share.liveFile(identity, handle: handle), isKeptOnDisk: false,
            shown: nil)
    }

    // MARK: - Reading

    /// Reads `range`, clipped to the file; empty slices at or behind its end.
    ///
    /// - Parameters:
    ///   - isTransient: the reader goes through everything: what is fetched for it leaves first, and stays off the disk.
    ///   - lending: nil where this thread must not wait for a local disk; else called before it may do so, for a single block
    ///     that the disk tier has.
    ///   - opened: called where the share has the file open and is about to be asked for what is missing; any number of times.
    ///   - retracted: called after `completion` where bytes that it got turn out to be another version's: whatever has
    ///     them is to drop them. Happens only to a reader who was given nothing else beside them
    ///     (``ShownRanges``).
    ///   - completion: called once, at once for a hit.
    public func read(
        _ file: CachedFile, _ range: Range<Int64>, isTransient: Bool = false,
        lending: (() -> Void)? = nil, opened: (@Sendable () -> Void)? = nil,
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
        if let hit = resident(file, range, isTransient: isTransient) {
            if isAlone { file.shown?.end(range) }
            servedFromMemory.add(UInt64(range.count), ordering: .relaxed)
            return completion(.success(hit), ReadAccount())
        }

        let alone =
            isAlone
            ? file.shown.map { PendingRead.Alone(shown: $0, retracted: retracted) } : nil
        let pending = PendingRead(
            geometry: geometry, range: range, alone: alone, completion: completion)
        var missing: [Missing] = []
        var isWhole = true
        for value in geometry.chunks(in: range) {
            let chunk = ChunkIndex(value)
            let needed = geometry.blocks(of: chunk, in: range)
            pending.expectChunk()
            let answer = shard(file, chunk).withLock {
                $0.request(
                    ChunkKey(file: file.number, chunk: chunk), needed,
                    whole: geometry.allBlocks(of: chunk), blocksPerChunk: geometry.blocksPerChunk,
                    isTransient: isTransient, for: pending)
            }
            switch answer {
            case .hit(let blocks):
                isWhole = false
                pending.deliver(chunk, blocks)
            case .wait(let fetch, let joined):
                if !fetch.isEmpty { missing.append(Missing(chunk: chunk, blocks: fetch)) }
                isWhole = isWhole && fetch == needed
                for ticket in joined { promote(ticket) }
            }
        }
        // Now: where this thread waits for the disk, the answer may come from another one meanwhile.
        pending.registered()
        fetch(
            file, missing,
            Fetch(
                urgency: .demand, isTransient: isTransient, reader: pending, opened: opened,
                isWhole: isWhole), lending: lending)
        // All of it was on its way already, and may have come.
        if isAlone, missing.isEmpty, pending.isOfOneChunk {
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
        return range.isEmpty ? [] : resident(file, range, isTransient: false)
    }

    /// All of `range` from memory, or nil.
    private func resident(
        _ file: CachedFile, _ range: Range<Int64>, isTransient: Bool
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
                    isTransient: isTransient)
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
        _ file: CachedFile, _ range: Range<Int64>, owner: UInt64 = 0, isTransient: Bool = false,
        schedule: PrefetchSchedule = PrefetchSchedule(),
        completion: @escaping @Sendable () -> Void = {}
    ) -> PrefetchOutcome {
        var outcome = PrefetchOutcome()
        let geometry = file.geometry
        guard geometry.isCacheable else { return outcome }
        let range = range.clamped(to: 0..<geometry.fileSize)
        var budget = prefetchBudget
        var missing: [Missing] = []
        for value in geometry.chunks(in: range) where budget > 0 {
            let chunk = ChunkIndex(value)
            let fetch = shard(file, chunk).withLock {
                $0.reserve(
                    ChunkKey(file: file.number, chunk: chunk),
                    geometry.blocks(of: chunk, in: range),
                    blocksPerChunk: geometry.blocksPerChunk,
                    owner: MemoryShard.Owner(number: owner, chunkSize: geometry.chunkSize))
            }
            if !fetch.isEmpty { missing.append(Missing(chunk: chunk, blocks: fetch)) }
            budget -= fetch.count * geometry.blockSize
            outcome.bytes += Self.bytes(fetch, of: chunk, geometry)
        }
        let arrivals = Arrivals(completion: completion)
        fetch(
            file, missing,
            Fetch(
                urgency: .prefetch, isTransient: isTransient, schedule: schedule,
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

    /// What of `range` is waiting to be fetched ahead from the share is not fetched, unless a reader waits for it.
    public func cancelPrefetch(_ file: CachedFile, _ range: Range<Int64>) {
        let geometry = file.geometry
        guard geometry.isCacheable else { return }
        for chunk in chunksInMemory(of: file, range.clamped(to: 0..<geometry.fileSize)) {
            let tickets = shard(file, chunk).withLock {
                $0.unawaitedFlights(
                    ChunkKey(file: file.number, chunk: chunk), geometry.blocks(of: chunk, in: range)
                )
            }
            for case .share(let ticket) in tickets { share.scheduler.cancel(ticket) }
        }
    }

    /// In a structure: taken out of a `Mutex` by itself, a closure is wrapped once more each time, until the stack ends.
    private struct UnreadEvictionReport {
        var call: @Sendable ([UnreadEviction]) -> Void
    }

    /// Who wants to know what was fetched ahead in vain. Called without locks held, on the thread that evicted.
    public func onUnreadEviction(_ report: @escaping @Sendable ([UnreadEviction]) -> Void) {
        unreadEvictionReport.withLock { $0 = UnreadEvictionReport(call: report) }
    }

    private static func bytes(
        _ blocks: BlockMask, of chunk: ChunkIndex, _ geometry: ChunkGeometry
    ) -> Int64 {
        blocks.runs.reduce(0) { sum, run in
            sum + geometry.byteRange(of: chunk, block: run.upperBound - 1).upperBound
                - geometry.byteRange(of: chunk, block: run.lowerBound).lowerBound
        }
    }

    /// Bytes that may still be fetched ahead: half of memory belongs to what people have read.
    private var prefetchBudget: Int {
        let unread = shards.reduce(0) { sum, shard in sum + shard.withLock { $0.unreadBytes } }
        return Int(memoryLimit.load(ordering: .relaxed)) / 2 - unread
    }

    // MARK: - Fetching

    struct Missing: Sendable {
        var chunk: ChunkIndex
        var blocks: BlockMask
    }

    /// On whose behalf something is fetched.
    struct Fetch: Sendable {
        var urgency: ShareScheduler.Urgency
        var isTransient = false
        var schedule = PrefetchSchedule()
        /// Told where its bytes come from.
        var reader: PendingRead?
        /// Told when they have come.
        var arrivals: Arrivals?
        /// Told when the share has the file open.
        var opened: (@Sendable () -> Void)?
        /// All that the reader wants is missing.
        var isWhole = false
    }

    /// Looks into the index before one fetch, at most: each brings what is known of 64 chunks, or that there is none.
    private static let indexLooksMax = 8

    /// Brings blocks that the caller has claimed: from disk where it has them, the rest from the share.
    ///
    /// - Parameters:
    ///   - lookedUp: of which chunk the disk pool was asked just now, whether it could tell or not.
    ///   - looks: how many more may be.
    private func fetch(
        _ file: CachedFile, _ missing: [Missing], _ fetch: Fetch, lending: (() -> Void)? = nil,
        lookedUp: ChunkIndex? = nil, looks: Int = indexLooksMax
    ) {
        var fromShare: [Missing] = []
        var fetch = fetch
        let object = file.isKeptOnDisk ? disk?.object(file.identity) : nil
        if let disk, let object, missing.count > 1, looks > 0,
            let first = missing.first(where: { object.stored($0.chunk) == nil })?.chunk,
            first != lookedUp
        {
            // Each chunk by itself would find out that it has to be asked of the share, and neighbours are one request.
            fetch.arrivals?.expect()
            let isAsked = disk.findStored(object, chunk: first) { [self, fetch] _ in
                self.fetch(file, missing, fetch, lookedUp: first, looks: looks - 1)
                fetch.arrivals?.done()
            }
            if isAsked { return }
            fetch.arrivals?.done()
        }
        for part in missing {
            guard let disk, let object else {
                fromShare.append(part)
                continue
            }
            // What the index has of the object may still be to load; then the disk pool finds out.
            let stored = object.stored(part.chunk)?.intersection(part.blocks) ?? part.blocks
            let absent = part.blocks.subtracting(stored)
            if !absent.isEmpty { fromShare.append(Missing(chunk: part.chunk, blocks: absent)) }
            guard !stored.isEmpty else { continue }
            // Where the disk turns out to have nothing of it, the share's bytes are all.
            let isWhole = missing.count == 1 && absent.isEmpty && fetch.isWhole
            fetch.isWhole = false
            fetch.arrivals?.expect()
            fetch.reader?.note(.disk)
            let completion: @Sendable ([LoadedBlock]) -> Void = { [self, fetch] loaded in
                defer { fetch.arrivals?.done() }
                let found = BlockMask(blocks: loaded)
                if !loaded.isEmpty {
                    let bytes = loaded.reduce(0) { $0 + $1.buffer.count }
                    loadedFromDisk.add(UInt64(bytes), ordering: .relaxed)
                    deliver(file, part.chunk, loaded, fetch, fromDisk: true)
                }
                let rest = stored.subtracting(found)
                if !rest.isEmpty {
                    var fetch = fetch
                    fetch.isWhole = isWhole && found.isEmpty
                    fetchFromShare(file, [Missing(chunk: part.chunk, blocks: rest)], fetch)
                }
            }
            let queued: Bool
            if let lending, missing.count == 1, stored.count == 1 {
                lending()
                queued = disk.loadHere(
                    object, chunk: part.chunk, blocks: stored, completion: completion)
            } else {
                let ticket = disk.load(
                    object, chunk: part.chunk, blocks: stored, urgent: fetch.urgency == .demand,
                    completion: completion)
                queued = ticket != nil
                if let ticket, fetch.urgency != .demand {
                    note(.disk(ticket), file, [Missing(chunk: part.chunk, blocks: stored)])
                }
            }
            guard !queued else { continue }
            fetch.isWhole = isWhole
            fetch.arrivals?.done()
            fromShare.append(Missing(chunk: part.chunk, blocks: stored))
        }
        fetchFromShare(file, fromShare, fetch)
    }

    private func fetchFromShare(
        _ file: CachedFile, _ missing: [Missing], _ fetch: Fetch
    ) {
        let requests = ShareRequest.make(
            for: missing, geometry: file.geometry,
            sizeMax: fetch.urgency == .demand
                ? configuration.requestSizeMax
                : min(configuration.requestSizeMax, Self.prefetchSizeMax))
        for request in requests {
            let blocks = request.allocate(file.geometry, from: buffers)
            fetch.reader?.note(.share, missed: Int64(request.range.count))
            fetch.arrivals?.expect()
            let unverified: @Sendable () -> Void = { [self] in
                guard file.shown != nil else { return }
                if fetch.urgency != .demand {
                    offer(file, blocks)
                } else if fetch.isWhole, requests.count == 1 {
                    fetch.reader?.answerUnverified(parts(blocks, file.geometry))
                }
            }
            let ticket = file.source.read(
                request.range, into: blocks.map(\.block.buffer),
                blockSize: file.geometry.blockSize, urgency: fetch.urgency,
                due: fetch.schedule.due(at: request.range.lowerBound), opened: fetch.opened,
                arrived: unverified
            ) { [self] result in
                defer { fetch.arrivals?.done() }
                if fetch.urgency != .demand { withdraw(file, request) }
                switch result {
                case .success: arrived(file, blocks, fetch)
                case .failure(let failure): failed(file, request, failure, fetch)
                }
            }
            if let ticket, fetch.urgency != .demand { note(.share(ticket), file, request.parts) }
        }
    }

    /// What fetches `parts` ahead, for readers to come; those who came already wait for it no longer than they must.
    private func note(_ ticket: FlightTicket, _ file: CachedFile, _ parts: [Missing]) {
        var isAwaited = false
        for part in parts {
            let key = ChunkKey(file: file.number, chunk: part.chunk)
            let hasWaiter = shard(file, part.chunk).withLock { $0.note(ticket, key, part.blocks) }
            isAwaited = isAwaited || hasWaiter
        }
        if isAwaited { promote(ticket) }
    }

    private func promote(_ ticket: FlightTicket) {
        switch ticket {
        case .disk(let load): disk?.promote(load)
        case .share(let request): share.scheduler.promote(request)
        }
    }

    // MARK: - Bytes that are not verified yet
    //
    // Who gets nothing but these needs not wait for the share's word: whatever version they are of, it is one. They are
    // joined with nothing and stored nowhere before it is known which.

    /// Fetched ahead, for whoever waits for them or comes to do so.
    private func offer(_ file: CachedFile, _ blocks: [ShareRequest.Block]) {
        for (chunk, buffers) in parts(blocks, file.geometry) {
            let key = ChunkKey(file: file.number, chunk: chunk)
            let mask = BlockMask(blocks: blocks.filter { $0.chunk == chunk }.map(\.block))
            // First: who comes after this finds them.
            unverified.withLock { $0[key, default: []].append(Unverified(mask, buffers)) }
            let reads = shard(file, chunk).withLock { $0.reads(waitingFor: mask, of: key) }
            for read in reads where read.isOfOneChunk { read.answerUnverified([chunk: buffers]) }
        }
    }

    /// They are verified, or will not be.
    private func withdraw(_ file: CachedFile, _ request: ShareRequest) {
        guard file.shown != nil else { return }
        unverified.withLock { unverified in
            for part in request.parts {
                let key = ChunkKey(file: file.number, chunk: part.chunk)
                unverified[key]?.removeAll { $0.blocks == part.blocks }
                if unverified[key]?.isEmpty == true { unverified[key] = nil }
            }
        }
    }

    private func answerUnverified(
        _ file: CachedFile, _ read: PendingRead, _ chunk: ChunkIndex, _ needed: BlockMask
    ) {
        let key = ChunkKey(file: file.number, chunk: chunk)
        let found = unverified.withLock { unverified in
            unverified[key]?.first { $0.blocks.isSuperset(of: needed) }
        }
        if let found { read.answerUnverified([chunk: found.buffers]) }
    }

    private struct Unverified: Sendable {
        var blocks: BlockMask
        /// By number within the chunk.
        var buffers: [BlockBuffer?]

        init(_ blocks: BlockMask, _ buffers: [BlockBuffer?]) {
            self.blocks = blocks
            self.buffers = buffers
        }
    }

    private func parts(
        _ blocks: [ShareRequest.Block], _ geometry: ChunkGeometry
    ) -> [ChunkIndex: [BlockBuffer?]] {
        blocks.reduce(into: [:]) { parts, block in
            parts[
                block.chunk, default: Array(repeating: nil, count: geometry.blocksPerChunk)][
                    block.block.index] = block.block.buffer
        }
    }

    private func arrived(
        _ file: CachedFile, _ blocks: [ShareRequest.Block], _ fetch: Fetch
    ) {
        var rest = blocks[...]
        while let chunk = rest.first?.chunk {
            let same = rest.prefix { $0.chunk == chunk }
            rest = rest.dropFirst(same.count)
            let loaded = same.map(\.block)
            deliver(file, chunk, loaded, fetch)
            if !fetch.isTransient, !file.isSuperseded, file.isKeptOnDisk, let disk {
                disk.store(disk.object(file.identity), chunk: chunk, blocks: loaded)
            }
        }
    }

    private func deliver(
        _ file: CachedFile, _ chunk: ChunkIndex, _ loaded: [LoadedBlock],
        _ fetch: Fetch, fromDisk: Bool = false
    ) {
        let (satisfied, unread, asked) = shard(file, chunk).withLock { shard in
            let satisfied = shard.deliver(
                ChunkKey(file: file.number, chunk: chunk), loaded,
                isPrefetch: fetch.urgency != .demand, fromDisk: fromDisk,
                type: file.identity.contentType)
            return (satisfied, shard.takeUnreadEvictions(), shard.takeAsked())
        }
        disk?.note(asked)
        if !unread.isEmpty { unreadEvictionReport.withLock { $0 }?.call(unread) }
        for waiter in satisfied { waiter.read.deliver(waiter.chunk, waiter.blocks) }
    }

    private func failed(
        _ file: CachedFile, _ request: ShareRequest, _ failure: ShareFile.ReadFailure,
        _ fetch: Fetch
    ) {
        var again: [Missing] = []
        for part in request.parts {
            let key = ChunkKey(file: file.number, chunk: part.chunk)
            // A prefetch that was not even tried must not fail the reads that had joined it.
            let isUntried = failure == .errno(.again) || failure == .errno(.canceled)
            if fetch.urgency != .demand, isUntried {
                let awaited = shard(file, part.chunk).withLock { $0.release(key, part.blocks) }
                if !awaited.isEmpty { again.append(Missing(chunk: part.chunk, blocks: awaited)) }
            } else {
                let reads = shard(file, part.chunk).withLock { $0.fail(key, part.blocks) }
                for read in reads { read.fail(failure) }
            }
        }
        if !again.isEmpty { fetchFromShare(file, again, Fetch(urgency: .demand)) }
    }

    // MARK: - Upkeep

    /// Forgets a version: its chunks leave memory, and disk too if `everywhere`. - Returns: what left memory.
    @discardableResult
    public func drop(_ file: CachedFile, everywhere: Bool = false) -> DroppedChunks {
        var dropped = DroppedChunks()
        for shard in shards {
            dropped += shard.withLock { $0.drop { $0.file == file.number } }
        }
        share.forget(file.source)
        if everywhere { disk?.discard(file.identity) }
        return dropped
    }

    /// The view writes to the file: its chunks leave every tier, and what is still on its way to the disk tier does
    /// not get there.
    ///
    /// - Parameter keepsSource: the file stays open, for whoever reads on.
    public func supersede(_ file: CachedFile, keepsSource: Bool) {
        file.supersede()
        for shard in shards { _ = shard.withLock { $0.drop { $0.file == file.number } } }
        if !keepsSource { share.forget(file.source) }
        if file.isKeptOnDisk { disk?.discard(file.identity) }
    }

    /// Sets another limit; what is above it leaves before this returns, except for what readers wait for.
    ///
    /// The number of shards stays as it was at the start: few for memory that has become much larger, and each with
    /// room for a chunk or two where it has become much smaller. Either is slower, and as right.
    public func setMemoryLimit(_ limit: ByteCount) {
        memoryLimit.store(limit.bytes, ordering: .relaxed)
        for shard in shards {
            let unread = shard.withLock { shard in
                shard.setLimit(Int(limit.bytes) / shards.count)
                return shard.takeUnreadEvictions()
            }
            if !unread.isEmpty { unreadEvictionReport.withLock { $0 }?.call(unread) }
        }
    }

    public var statistics: MemoryTierStatistics {
        var sum = MemoryTierStatistics(limit: memoryLimit.load(ordering: .relaxed))
        sum.bytesServed = servedFromMemory.load(ordering: .relaxed)
        for shard in shards {
            let asked = shard.withLock { shard in
                sum.add(shard)
                return shard.takeAsked()
            }
            disk?.note(asked)
        }
        return sum
    }

    /// Bytes that the disk tier has given back since the start, for reads and ahead of them.
    public var diskBytesLoaded: UInt64 { loadedFromDisk.load(ordering: .relaxed) }

    func shard(_ file: CachedFile, _ chunk: ChunkIndex) -> Mutexed<MemoryShard> {
        // Neighbouring chunks of one file go to different shards, and files start at different ones.
        shards[Int((file.number &+ UInt64(chunk.value)) % UInt64(shards.count))]
    }
}

extension BlockMask {
    init(blocks: [LoadedBlock]) {
        self = blocks.reduce(into: []) { $0.formUnion(BlockMask($1.index..<($1.index + 1))) }
    }
}
