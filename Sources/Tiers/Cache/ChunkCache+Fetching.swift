import Model
import Platform
import Share
import Synchronization

/// Bringing what was claimed: from the tiers, else from the share.
extension ChunkCache {
    /// On whose behalf something is fetched.
    struct Fetch: Sendable {
        var urgency: ShareScheduler.Urgency
        var priority = Priority.medium
        var schedule = PrefetchSchedule()
        /// Told where its bytes come from.
        var reader: PendingRead?
        /// Told when they have come.
        var arrivals: Arrivals?
        /// Told when the share has the file open.
        var opened: (@Sendable () -> Void)?
    }

    /// Brings blocks that the caller has claimed.
    ///
    /// - Parameters:
    ///   - missing: in file order.
    ///   - isWhole: all that the reader wants is missing.
    ///   - willBlock: see ``read(_:_:priority:willBlock:opened:retracted:completion:)``.
    func fetch(
        _ file: CachedFile, _ missing: [MissingBlocks], _ fetch: Fetch, isWhole: Bool = false,
        willBlock: (() -> Void)? = nil
    ) {
        guard file.isKept else { return fetchFromShare(file, missing, fetch, isWhole: isWhole) }
        tiers.load(
            missing, of: file.identity, isUrgent: fetch.urgency == .demand, isWhole: isWhole,
            willBlock: willBlock, for: Claim(cache: self, file: file, fetch: fetch))
    }

    /// Takes what the tiers bring of one fetch.
    private struct Claim: TierChain.Client {
        let cache: ChunkCache
        let file: CachedFile
        let fetch: Fetch

        func expect() { fetch.arrivals?.expect() }

        func done() { fetch.arrivals?.done() }

        func willLoad() { fetch.reader?.note(.tier) }

        func loaded(_ blocks: [LoadedBlock], of chunk: ChunkIndex, from tier: Int) {
            cache.deliver(file, chunk, blocks, fetch, from: tier)
        }

        func isUnderWay(_ load: any TierLoad, _ part: MissingBlocks) {
            cache.note(.tier(load), file, [part])
        }

        func cancelled(_ part: MissingBlocks) {
            cache.giveBack(file, [part])
        }

        func fetchFromShare(_ missing: [MissingBlocks], isWhole: Bool) {
            cache.fetchFromShare(file, missing, fetch, isWhole: isWhole)
        }

        var mayStore: Bool { cache.mayStore(file) }

        var priority: Priority { fetch.priority }
    }

    /// Asks the share, whatever the tiers have.
    private func fetchFromShare(
        _ file: CachedFile, _ missing: [MissingBlocks], _ fetch: Fetch, isWhole: Bool = false
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
                } else if isWhole, requests.count == 1 {
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

    // MARK: - Under way

    /// What fetches `parts` ahead, for readers to come; those who came already wait for it no longer than they must.
    private func note(_ ticket: FlightTicket, _ file: CachedFile, _ parts: [MissingBlocks]) {
        var isAwaited = false
        for part in parts {
            let key = ChunkKey(file: file.number, chunk: part.chunk)
            let hasWaiter = shard(file, part.chunk).withLock { $0.note(ticket, key, part.blocks) }
            isAwaited = isAwaited || hasWaiter
        }
        if isAwaited { promote(ticket) }
    }

    func promote(_ ticket: FlightTicket) {
        switch ticket {
        case .tier(let load): load.promote()
        case .share(let request): share.scheduler.promote(request)
        }
    }

    func cancel(_ ticket: FlightTicket) {
        switch ticket {
        case .tier(let load): load.cancel()
        case .share(let request): share.scheduler.cancel(request)
        }
    }

    // MARK: - Arriving

    private func arrived(
        _ file: CachedFile, _ blocks: [ShareRequest.Block], _ fetch: Fetch
    ) {
        var rest = blocks[...]
        while let chunk = rest.first?.chunk {
            let same = rest.prefix { $0.chunk == chunk }
            rest = rest.dropFirst(same.count)
            let loaded = same.map(\.block)
            deliver(file, chunk, loaded, fetch)
            if mayStore(file) {
                tiers.store(loaded, of: chunk, file.identity, priority: fetch.priority)
            }
        }
    }

    private func deliver(
        _ file: CachedFile, _ chunk: ChunkIndex, _ loaded: [LoadedBlock],
        _ fetch: Fetch, from tier: Int? = nil
    ) {
        // Before it is stored: what is compressed goes by what it is.
        if chunk.value == 0, let head = loaded.first(where: { $0.index == 0 }) {
            file.learn(from: head.buffer, configuration.rules)
        }
        let (satisfied, unread, asked) = shard(file, chunk).withLock { shard in
            let satisfied = shard.deliver(
                ChunkKey(file: file.number, chunk: chunk), loaded,
                isPrefetch: fetch.urgency != .demand, from: tier,
                type: file.identity.contentType)
            return (satisfied, shard.takeUnreadEvictions(), shard.takeAsked())
        }
        tiers.note(asked)
        if !unread.isEmpty { unreadEvictionReport.withLock { $0 }?.call(unread) }
        for waiter in satisfied { waiter.read.deliver(waiter.chunk, waiter.blocks) }
    }

    private func mayStore(_ file: CachedFile) -> Bool {
        !file.isSuperseded && file.isKept
    }

    private func failed(
        _ file: CachedFile, _ request: ShareRequest, _ failure: ShareFile.ReadFailure,
        _ fetch: Fetch
    ) {
        // A prefetch that was not even tried must not fail the reads that had joined it.
        let isUntried = failure == .errno(.again) || failure == .errno(.canceled)
        if fetch.urgency != .demand, isUntried { return giveBack(file, request.parts) }
        for part in request.parts {
            let key = ChunkKey(file: file.number, chunk: part.chunk)
            let reads = shard(file, part.chunk).withLock { $0.fail(key, part.blocks) }
            for read in reads { read.fail(failure) }
        }
    }

    /// What was claimed ahead of readers is not fetched after all, but what some wait for by now.
    private func giveBack(_ file: CachedFile, _ parts: [MissingBlocks]) {
        let awaited = parts.compactMap { part -> MissingBlocks? in
            let key = ChunkKey(file: file.number, chunk: part.chunk)
            let awaited = shard(file, part.chunk).withLock { $0.release(key, part.blocks) }
            return awaited.isEmpty ? nil : MissingBlocks(chunk: part.chunk, blocks: awaited)
        }
        if !awaited.isEmpty { fetchFromShare(file, awaited, Fetch(urgency: .demand)) }
    }
}

extension BlockMask {
    init(blocks: [LoadedBlock]) {
        self = blocks.reduce(into: []) { $0.formUnion(BlockMask($1.index..<($1.index + 1))) }
    }
}
