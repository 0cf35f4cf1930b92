public import Model
public import Platform

import Synchronization

/// The disk tier of one share: chunks in sparse files, checked on every load, indexed in SQLite.
///
/// ```
///  store ──► queue (64 MiB) ──► keeper thread: LZ4, XXH3, pwrite, eviction ──► index thread: SQLite
///  load  ──► disk pool: entry (memory, else SQLite) ──► preadv ──► XXH3, LZ4 ──► completion
/// ```
///
/// Nothing here makes a reader wait for a writer, and no trouble of the disk reaches a reader: what cannot be
/// loaded is absent, what cannot be stored is dropped, both are counted. The format is in
/// `docs/DISK_FORMAT.md`. Threads: every method from any thread.
public final class DiskTier: Sendable {
    /// Threads of the disk pool. Two keep a local SSD busy; more let a small load overtake a large one.
    public static let loadThreads = 4
    /// Threads of readers that may load a block themselves at once: fewer than those that call into the view, so that a
    /// disk that hangs leaves some to serve what is in memory.
    public static let lentThreads = 3
    /// Loads that may wait.
    public static let loadsMax = 1024
    /// Left free on the cache's file system, unless told otherwise.
    public static let freeSpaceMinUsual = ByteCount.mebibytes(100)
    /// How long a disk may take for a load before the share is asked: less than a sleeping one needs to spin up.
    public static let loadPatience = Duration.seconds(2)
    /// How long a caller waits for what has to be removed before it may go on.
    static let removalPatience = Duration.seconds(5)
    /// How long ``evict(_:counted:)`` waits for the tier behind, which serves nothing of it meanwhile, to tell what it had.
    static let evictionPatience = Duration.seconds(2)
    /// How long ``close()`` waits for what is queued.
    public static let closePatience = Duration.seconds(5)

    /// What browsing needs, beside the chunks.
    public let listings: ListingStore

    /// Whether something stored may be cut otherwise than the rules say.
    public let holdsOtherChunkSizes: Bool

    let core: DiskCore
    let rules: ContentRules
    let queue = KeeperQueue()
    /// Not private for the tests, which hold it.
    let pool: PatientPool
    let reader: DiskChunkReader
    private let changeMark: ChangeMark
    private let linkChanges: LinkChanges
    private let caseMark: CaseMark
    private let listingDoubts: ListingDoubts
    private let isClosed = Atomic(false)
    let overdueRemovals: OverdueRemovals
    /// For what is stored past the view's versions.
    public let gate = StoreGate()

    /// What a tier is to the others.
    public enum Role: String, Sendable {
        case disk
        /// Larger and slower; has what the disk tier lets go, and what is large and rarely used.
        case storage

        /// Seconds within which loads of one chunk are one use: a reader takes a chunk in parts, one after the other, and who goes through a
        /// film once has not used it often.
        var usePause: Int64 { self == .storage ? 60 : 0 }
    }

    /// Opens or makes the tier. Returns in milliseconds: no scan, whatever the number of rows.
    ///
    /// - Parameters:
    ///   - directory: this share's own (``CacheDirectory/path``); exists, and nobody else uses it.
    ///   - objects: where the files lie that hold chunks; nil: in `directory`.
    ///   - distrust: why what was stored must not be served; nil: it may.
    ///   - limit: bytes of the file system that objects and index may take.
    ///   - eviction: what goes first.
    ///   - rules: say how files are cut, and what of them is compressed.
    ///   - freeSpaceMin: bytes that stay free on the file system: when others fill it, the tier gives way.
    ///   - pins: of the tier whose follower this is; nil: its own.
    public init(
        _ role: Role = .disk, directory: String, objects: String? = nil, distrust: String? = nil,
        limit: ByteCount, freeSpaceMin: ByteCount = freeSpaceMinUsual,
        eviction rule: EvictionRule = .lfuAgeing, rules: ContentRules = .usual,
        pins: PinTable? = nil, buffers: BufferPool, clock: any LarderClock, log: Log
    ) throws(CacheDirectoryError) {
        let root = try Self.openRoot(directory)
        let objectsRoot = try Self.openObjects(objects ?? directory)
        changeMark = ChangeMark(root, clock: clock)
        linkChanges = LinkChanges(root, clock: clock)
        caseMark = CaseMark(root)
        listingDoubts = ListingDoubts(root, clock: clock)
        let box = RecordSource()
        let isUnremoved = DiskMark.exists(root, DiskMark.unremoved)
        // Before that mark goes: what had to be removed behind this tier is not known either.
        let followerRemovals = FollowerRemovals(root, distrust: isUnremoved)
        let (index, opening) = try Self.openIndex(
            root, directory, isUnremoved ? "it knows what had to be removed" : distrust, clock, log
        ) { box.record }
        if isUnremoved { DiskMark.remove(root, DiskMark.unremoved) }
        let record = opening.record
        holdsOtherChunkSizes = ChunkSizeMark.note(
            root, rules,
            isEmpty: !opening.needsSweep && record.objectCount == 0 && opening.setAside == nil)
        let totals = DiskTotals(record)
        let counters = DiskCounters(history: opening.record.history)
        let eviction = ChunkEviction(age: opening.record.age, makePolicy: rule.makePolicy)
        box.set { TierRecord(totals, counters, eviction) }
        let core = DiskCore(
            role: role, root: root, objectsRoot: objectsRoot, directory: directory, index: index,
            totals: totals, counters: counters, eviction: eviction, limit: limit.bytes,
            freeSpaceMin: freeSpaceMin.bytes, pins: pins, followerRemovals: followerRemovals,
            buffers: buffers, clock: clock, log: log)
        self.core = core
        self.rules = rules
        if pins == nil { Self.sayLostPins(core) }
        pool = PatientPool(
            name: "larder-disk", threads: Self.loadThreads, queueMax: Self.loadsMax,
            patience: Self.loadPatience, lentMax: Self.lentThreads)
        reader = DiskChunkReader(core: core, scratch: ScratchPool()) { [queue] discard in
            queue.putRemoval { $0.handle(discard) }
        }
        overdueRemovals = OverdueRemovals(root: root) { [queue] in Self.remove($0, core, queue) }
        listings = ListingStore(index: index, limit: { core.limit }) { event in
            switch event {
            case .damaged: core.noteDamage("a damaged listing in the index")
            case .dropped: core.counters.update { $0.dropped += 1 }
            }
        }
        start(opening)
    }

    private func start(_ opening: DiskIndex.Opening) {
        startThread(name: "larder-keeper") { [core, queue, reader, overdueRemovals, rules] in
            DiskKeeper(
                core: core, queue: queue, reader: reader, overdue: overdueRemovals,
                opening: opening, rules: rules
            ).run()
        }
        startThread(name: "larder-warmup") { [core, queue] in
            EvictionLoader(core: core, isStopping: { queue.isStopping }).run()
        }
    }

    deinit {
        if !isClosed.load(ordering: .relaxed) { shutDown(patience: .zero) }
    }

    private static func sayLostPins(_ core: DiskCore) {
        guard core.pins.wasLost else { return }
        core.log(
            .error,
            "cache \(core.directory): what was pinned cannot be read back, and is pinned no more: pin it again with"
                + " `larder pin`")
    }

    private static func openIndex(
        _ root: DescriptorReference, _ directory: String, _ distrust: String?,
        _ clock: any LarderClock, _ log: Log, _ record: @escaping @Sendable () -> TierRecord
    ) throws(CacheDirectoryError) -> (DiskIndex, DiskIndex.Opening) {
        let isThere = DiskMark.exists(root, Array(IndexFile.name.utf8))
        var (index, opening) = try DiskIndex.open(
            IndexFile(directory: directory, descriptor: root), clock: clock,
            distrust: isThere ? distrust : nil, tierRecord: record)
        // What lies there belongs to an index that is not here.
        if distrust != nil { opening.needsSweep = true }
        if let (name, reason) = opening.setAside {
            log(
                .error,
                "cache \(directory): the index is damaged (\(reason)); it was set aside as \(name) and a "
                    + "new one begun: cached files are fetched again")
            // Not known, but some: the sweep will tell.
        }
        return (index, opening)
    }

    /// Late-bound totals: the index wants them before there are any.
    private final class RecordSource: Sendable {
        /// In a structure: taken out of a `Mutex` by itself, a closure is wrapped once more each time, until the stack ends.
        private struct Source {
            var make: @Sendable () -> TierRecord
        }

        private let source = Mutex<Source?>(nil)

        func set(_ make: @escaping @Sendable () -> TierRecord) {
            source.withLock { $0 = Source(make: make) }
        }

        var record: TierRecord { source.withLock { $0 }?.make() ?? TierRecord() }
    }

    private static func openRoot(
        _ directory: String
    ) throws(CacheDirectoryError) -> DescriptorReference {
        do throws(Errno) {
            return DescriptorReference(try FileCalls.open(directory, [.readOnly, .directory]))
        } catch {
            throw .unusable(path: directory, reason: "cannot open it", error)
        }
    }

    static func openObjects(
        _ directory: String
    ) throws(CacheDirectoryError) -> DescriptorReference {
        do throws(Errno) {
            let root = DescriptorReference(
                try FileCalls.open(directory, [.readOnly, .directory]))
            for name in ["objects", "packs"] {
                do throws(Errno) {
                    try FileCalls.makeDirectory(at: root.rawValue, Array(name.utf8), mode: 0o700)
                } catch .exists {}
                // A link would lead what is stored, and what is removed, out of the cache.
                _ = try FileCalls.open(
                    beneath: root.rawValue, Array(name.utf8), [.readOnly, .directory])
            }
            return root
        } catch {
            throw .unusable(path: directory, reason: "cannot open or fill it", error)
        }
    }

    // MARK: - Removing

    /// Removes all versions of a file, behind the caller's back, after what was queued before.
    public func discard(_ path: RelativePath) {
        gate.note(.file(path))
        queue.putRemoval { keeper in
            _ = keeper.discard(path)
            keeper.core.removeBehind(.file(path))
        }
    }

    /// Removes all versions of a file, and returns when that will outlast a kill and a power failure. Blocks for a look into the
    /// index, and for a flush of the disk where there was something to remove; at most for ``removalPatience``: when the disk
    /// has not done it by then, or refuses to, nothing that is stored is served until it has.
    ///
    /// For a file whose modification time is about to be set by hand, and for what is about to have another's name: it
    /// may come to look as an older version of that path did.
    ///
    /// - Parameter isFolder: all files below too. Where there may be any, this takes a look at every object.
    public func discardDurably(_ path: RelativePath, isFolder: Bool = false) {
        removeDurably(isFolder ? .folder(path) : .file(path))
    }

    /// As ``discardDurably(_:isFolder:)``, all versions of this size and time (to two seconds), whichever their path: of a file
    /// that has names which nobody knows. Takes a look at every object the first time (``VersionTable``).
    public func discardDurably(size: Int64, modified: Timestamp) {
        removeDurably(.versions(size: size, modified: modified))
    }

    private func removeDurably(_ removal: Removal) {
        gate.note(removal)
        defer { removeBehindDurably(removal) }
        if overdueRemovals.areNone {
            let isDone = withDeadline(Self.removalPatience, thread: "larder-remove") {
                [core, queue] in Self.remove(removal, core, queue)
            }
            if isDone == true { return }
            core.fail(.writing, "removing from the cache", isDone == nil ? .timedOut : .ioError)
        }
        overdueRemovals.add(removal)
    }

    /// - Returns: whether it is done, and outlasts a power failure.
    private static func remove(_ removal: Removal, _ core: DiskCore, _ queue: KeeperQueue) -> Bool {
        var isNothingThere = false
        if case .file(let path) = removal {
            let known = core.index.read { reader throws(SQLiteError) in
                try reader.objects(at: path)
            }
            guard let known else { return false }
            // What is not committed yet belongs to an object that is in use, or was a moment ago.
            isNothingThere = known.isEmpty && core.objects.objects(at: path).isEmpty
        }
        // A removal that nobody waited for may be on its way, too.
        return (isNothingThere || removeUnsaved(removal, queue))
            && core.index.writer.makeRemovalsLast()
    }

    /// - Returns: whether it is done, as far as this session goes.
    static func removeUnsaved(_ removal: Removal, _ queue: KeeperQueue) -> Bool {
        let isDone =
            switch removal {
            case .file(let path): queue.wait { $0.discard(path) }
            case .folder(let path): queue.wait { $0.discard(below: path) }
            case .versions(let size, let modified):
                queue.wait { $0.discard(size: size, modified: modified) }
            case .everything: queue.wait { $0.evict(nil).isComplete }
            }
        return isDone == true
    }

    /// Removes what is stored at and below `path`, everything for nil. Waits until it is done.
    ///
    /// - Parameter counted: files that are not to be counted again: they were dropped from memory.
    @discardableResult
    public func evict(
        _ path: RelativePath? = nil, counted: Set<RelativePath> = []
    ) -> Eviction {
        gate.note(path.map { .folder($0) } ?? .everything)
        var eviction = queue.wait { $0.evict(path, counted: counted) } ?? Eviction()
        removeBehindDurably(path.map { .folder($0) } ?? .everything)
        if let next = core.next {
            let behind = withDeadline(Self.evictionPatience, thread: "larder-evict") {
                next.evict(path, counted: counted)
            }
            if let behind { eviction += behind }
            if behind == nil { eviction.isComplete = false }
        }
        return eviction
    }

    /// What ``evict(_:counted:)`` removed.
    public struct Eviction: Hashable, Sendable {
        /// Of which something was stored; a file of which two versions were, or that was in two tiers, counts as two.
        public var files = 0
        public var dropped = DroppedChunks()
        /// Whether it was all that there was; false when the index could not tell.
        public var isComplete = true

        public init() {}

        static func += (left: inout Eviction, right: Eviction) {
            left.files += right.files
            left.dropped += right.dropped
            left.isComplete = left.isComplete && right.isComplete
        }
    }

    /// Sets other limits, each where it is given; what is above them is evicted behind the caller's back.
    public func setLimit(_ limit: ByteCount, freeSpaceMin: ByteCount? = nil) {
        core.limit = limit.bytes
        if let freeSpaceMin { core.freeSpaceMin = freeSpaceMin.bytes }
        queue.put { $0.lookAround() }
    }

    /// Sets how many bytes may be written in a day; 0 for no bound.
    public func setWritesPerDay(_ bytes: ByteCount) { core.writesPerDay = bytes.bytes }

    /// Sets after which time goes what nobody has used since it came, looked for once an hour; zero: never.
    public func setTimeToLive(_ time: Duration) { core.timeToLive = time.components.seconds }

    // MARK: - Changes through the view

    /// To be called before each change of names, attributes or contents; cheap after the first.
    ///
    /// Leaves a mark that a clean end takes away: listings in the index lag behind changes by up to a second, so after
    /// a kill none of them is served before the share was asked.
    public func noteChange() {
        changeMark.set()
    }

    /// A file was changed by one of several names, of which not all are known; nil: any file may have been.
    ///
    /// What stored listings have of it is out of date. Kept beyond a clean end; after a kill they are not believed anyway.
    public func noteChangedLink(_ inode: UInt64?) {
        linkChanges.note(inode)
    }

    /// What ``noteChangedLink(_:)`` was told, in this run and before, with the second of the wall clock.
    public var changedLinks: [(UInt64?, Int64)] { linkChanges.all }

    /// The share has shown more of names in another case. Kept for later mounts; does not wait for the disk.
    public func noteCaseFindings(_ findings: CaseFindings) {
        caseMark.note(findings)
    }

    /// What ``noteCaseFindings(_:)`` was told last in an earlier run.
    public var caseFindings: CaseFindings { caseMark.former }

    /// Waits until they are kept, for ``closePatience`` at most.
    func flushCaseFindings() {
        caseMark.flush(patience: Self.closePatience)
    }

    /// Listings that were fetched before this may lack changes made through the view.
    var listingsDistrustedBefore: Timestamp? { changeMark.distrustedBefore }

    /// A stored listing of `path` that was fetched at this time or before is not to be served ahead of the share.
    public func listingsDistrustedBefore(at path: RelativePath) -> Timestamp? {
        guard let doubt = listingDoubts.time(at: path) else { return listingsDistrustedBefore }
        return listingsDistrustedBefore.map { max($0, doubt) } ?? doubt
    }

    /// From now on, what is stored of folders at and below some paths, and of some alone, is such a one. For this run and the next
    /// ones; blocks for a moment of the local disk.
    public func distrustListings(below paths: [RelativePath], alone: [RelativePath] = []) {
        listingDoubts.note(below: paths, alone: alone)
    }

    // MARK: - The end

    /// Returns when everything queued is on disk and in the index, or dropped.
    public func drain() {
        _ = queue.wait { $0.lookAround() }
        core.index.writer.flush()
        core.next?.drain()
    }

    /// Writes what is queued, within ``closePatience``, and ends all threads. Loads under way are answered;
    /// later ones are refused.
    public func close() {
        shutDown(patience: Self.closePatience)
    }

    private func shutDown(patience: Duration) {
        guard !isClosed.exchange(true, ordering: .relaxed) else { return }
        overdueRemovals.stop()
        core.followerRemovals.stop()
        flushCaseFindings()
        queue.stop(patience: patience)
        stopPool()
        if core.index.writer.stop(patience: Self.closePatience), linkChanges.save() {
            changeMark.clear()
        }
        _ = core.index.readers.close(patience: .seconds(1))
        core.next?.shutDown(patience: patience)
    }

    private func stopPool() {
        // A load may hang in the kernel, and the last reference may go on one of the pool's own threads.
        _ = withDeadline(Self.closePatience, thread: "larder-close") { [pool] in pool.stop() }
    }

    /// Ends the threads without writing anything more: what a kill leaves behind. For tests.
    func abandon() {
        guard !isClosed.exchange(true, ordering: .relaxed) else { return }
        overdueRemovals.stop()
        core.followerRemovals.stop()
        core.next?.abandon()
        core.index.writer.abandon()
        queue.stop(patience: .zero)
        stopPool()
        _ = core.index.readers.close(patience: .seconds(1))
    }

    /// Runs `body` on the keeper's thread. For tests.
    func withKeeper<Result: Sendable>(
        _ body: @escaping @Sendable (DiskKeeper) -> Result
    ) -> Result? {
        queue.wait(for: body)
    }

    // MARK: - Figures

    /// Whether disk and index do what they should. O(1), as ``queuedBytes`` is: for who asks often.
    public var state: DiskTierStatistics.State { core.state }

    /// Bytes that wait to be written.
    public var queuedBytes: Int { queue.queuedBytes }

    public var statistics: DiskTierStatistics {
        let figures = core.counters.snapshot
        var statistics = DiskTierStatistics()
        statistics.state = state
        statistics.used = ByteCount(core.used)
        statistics.indexUsed = ByteCount(core.index.writer.allocatedBytes)
        statistics.limit = ByteCount(core.limit)
        statistics.objects = Int(core.totals.objectCount)
        statistics.chunks = Int(core.totals.chunkCount)
        statistics.loads = figures.loads
        statistics.stored = figures.stored
        statistics.storedBytes = ByteCount(figures.storedBytes)
        statistics.dropped = figures.dropped
        statistics.damaged = figures.damaged
        statistics.queued = ByteCount(Int64(queuedBytes))
        for type in ContentType.allCases {
            statistics.history[type] = figures.history[Int(type.rawValue)]
        }
        return statistics
    }
}

extension TierRecord {
    /// What the index keeps of a tier between two sessions.
    fileprivate init(_ totals: DiskTotals, _ counters: DiskCounters, _ eviction: ChunkEviction) {
        self.init()
        dataBytes = max(0, totals.dataBytes)
        objectCount = max(0, totals.objectCount)
        chunkCount = max(0, totals.chunkCount)
        age = eviction.age
        lastPack = totals.lastPack
        history = counters.snapshot.history
        isClean = totals.isTrusted
    }
}
