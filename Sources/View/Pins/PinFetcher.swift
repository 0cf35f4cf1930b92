import Model
import Platform
import Share
import Tiers

/// Brings what is pinned into the disk tier, and what comes to pinned folders later.
///
/// In rounds, on a thread of its own, which waits for each answer of the share: goes through the pinned files and folders, those of the
/// highest priority first, and has every chunk fetched that the tiers lack, some at a time, behind everything that people read, and within
/// what bounds reading ahead. What it finds it tells to nobody: readers are let in by what the view knows, whoever had the bytes fetched.
///
/// Threads: any; ``stop()`` waits for nothing.
final class PinFetcher: Sendable {
    /// After a mount people come first.
    static let startDelay = Duration.seconds(5)
    /// Between rounds, at least; longer where nobody wants to see changes sooner: the share's disks may sleep.
    static let intervalMin = Duration.seconds(900)
    /// After a round in which something could not be brought; twice as long after each further one.
    static let retryIntervalMin = Duration.seconds(60)
    /// Chunks that are fetched at a time.
    private static let chunksAtOnce = 4
    /// Bytes that wait to be written; with more, nothing is fetched.
    private static let queuedMax = 16 << 20
    /// Of folders below a pinned one. Deeper is a loop, or nothing that anybody browses.
    private static let depthMax = 128
    /// Of one folder: what is beyond is not brought, and counts as a failure.
    private static let namesMax = 500_000
    /// Files whose going is noticed; with more, all that is stored below pins stays.
    private static let seenMax = 2_000_000

    private struct State: Sendable {
        var isStarted = false
        var isStopped = false
        /// Something else is pinned than the round under way knows.
        var isChanged = false
        var due = Duration.zero
        var inFlight = 0
        var progress = PinProgress()
        /// Rounds in a row in which something could not be brought.
        var failedRounds = 0
    }

    /// A folder to be gone through, with all folders on the way to it: a folder that is mounted below itself has no end.
    private struct Folder {
        var path: RelativePath
        var way: [FolderIdentity]
    }

    private let share: Share
    private let cache: ChunkCache
    private let disk: DiskTier
    private let versions: FileVersions
    private let prefetcher: Prefetcher
    private let clock: any LarderClock
    private let propagationDelay: @Sendable () -> Duration
    private let state = ConditionMutex(State())

    /// - Parameters:
    ///   - prefetcher: knows how much may be fetched that nobody waits for.
    ///   - propagationDelay: after how long the view looks whether something has changed.
    init(
        share: Share, cache: ChunkCache, disk: DiskTier, versions: FileVersions,
        prefetcher: Prefetcher, clock: any LarderClock,
        propagationDelay: @escaping @Sendable () -> Duration
    ) {
        self.propagationDelay = propagationDelay
        self.share = share
        self.cache = cache
        self.disk = disk
        self.versions = versions
        self.prefetcher = prefetcher
        self.clock = clock
    }

    var progress: PinProgress {
        state.withLock { state, _ in
            var progress = state.progress
            // What it says is of before.
            progress.isAtWork = progress.isAtWork || state.isChanged
            return progress
        }
    }

    /// Begins rounds, the first after ``startDelay`` where something is pinned already.
    func start() {
        let isPinned = !disk.pins.all.isEmpty
        let now = clock.monotonic
        state.withLock { state, _ in state.due = now + Self.startDelay }
        if isPinned { startThreadOnce() }
    }

    /// Something was pinned, or given free, or is to be looked at now: the next round begins at once.
    func pinsChanged() {
        let now = clock.monotonic
        state.withLock { state, condition in
            state.isChanged = true
            state.due = now
            condition.broadcast()
        }
        startThreadOnce()
    }

    func stop() {
        state.withLock { state, condition in
            state.isStopped = true
            condition.broadcast()
        }
    }

    private func startThreadOnce() {
        let isFirst = state.withLock { state, _ -> Bool in
            defer { state.isStarted = true }
            return !state.isStarted && !state.isStopped
        }
        if isFirst { startThread(name: "larder-pins") { [self] in run() } }
    }

    // MARK: - Rounds

    private func run() {
        while waitUntilDue() {
            state.withLock { state, _ in
                let isComplete = state.progress.isComplete && !state.isChanged
                state.isChanged = false
                state.progress = PinProgress()
                state.progress.isAtWork = true
                state.progress.isComplete = isComplete
            }
            var seen: Set<Int>? = []
            let dropped = disk.statistics.dropped
            for priority in PinPriority.allCases {
                let pins = disk.pins.all.filter { $0.priority == priority }
                for pin in pins where mayGoOn { bring(pin.path, &seen) }
            }
            awaitFlights(atMost: 0)
            end(seen, isKept: disk.statistics.dropped == dropped)
        }
    }

    /// - Parameter isKept: the disk has taken all that it was given.
    private func end(_ seen: Set<Int>?, isKept: Bool) {
        let now = clock.monotonic
        let interval = max(Self.intervalMin, propagationDelay())
        let isAllSeen = state.withLock { state, _ -> Bool in
            state.progress.isAtWork = false
            guard !state.isStopped, !state.isChanged else {
                state.progress.isComplete = false
                return false
            }
            if !isKept { state.progress.failures += 1 }
            let hasFailed = state.progress.failures > 0
            state.progress.isComplete = !hasFailed && state.progress.tooMany == 0
            state.failedRounds = hasFailed ? min(state.failedRounds + 1, 16) : 0
            state.due =
                now
                + (hasFailed
                    ? min(interval, Self.retryIntervalMin * (1 << (state.failedRounds - 1)))
                    : interval)
            return !hasFailed
        }
        // What somebody could not look at may be there.
        if isAllSeen { disk.notePinned(seen) }
    }

    /// - Returns: false once it is stopped.
    private func waitUntilDue() -> Bool {
        while true {
            let left = state.withLock { state, _ in
                state.isStopped ? nil : state.due - clock.monotonic
            }
            guard let left else { return false }
            if left <= .zero { return true }
            _ = state.wait(timeout: left) { state, _ in
                state.isStopped || state.due <= clock.monotonic ? true : nil
            }
        }
    }

    private var mayGoOn: Bool {
        state.withLock { state, _ in !state.isStopped && !state.isChanged }
    }

    private func count(_ body: (inout PinProgress) -> Void) {
        state.withLock { state, _ in body(&state.progress) }
    }

    private func bring(_ path: RelativePath, _ seen: inout Set<Int>?) {
        let found = Waiting.ask { completion in
            share.attributes(
                of: ShareLocation(path), urgency: .background, completion: completion)
        }
        switch found {
        case .success(let attributes) where attributes.kind == .directory:
            walk(Folder(path: path, way: [FolderIdentity(attributes)]), &seen)
        case .success(let attributes): bring(path, attributes, &seen)
        // It may come back.
        case .failure(.noSuchFile): break
        case .failure: count { $0.failures += 1 }
        }
    }

    private func walk(_ top: Folder, _ seen: inout Set<Int>?) {
        var folders = [top]
        while let folder = folders.popLast(), mayGoOn {
            guard let entries = list(folder.path) else {
                count { $0.failures += 1 }
                continue
            }
            for entry in entries where mayGoOn {
                let path = folder.path.appending(entry.name)
                // Its own pin says when it is its turn.
                guard !disk.pins.isPinned(path) else { continue }
                // To look closer at an automount point would mount it.
                guard !entry.isNameOnly else {
                    count { $0.failures += 1 }
                    continue
                }
                guard entry.attributes.kind == .directory else {
                    bring(path, entry.attributes, &seen)
                    continue
                }
                let identity = FolderIdentity(entry.attributes)
                guard folder.way.count <= Self.depthMax, !folder.way.contains(identity) else {
                    continue
                }
                folders.append(Folder(path: path, way: folder.way + [identity]))
            }
        }
    }

    private struct Listed: Sendable {
        var entries: [DirectoryBatch.Entry] = []
        var isCut = false
    }

    /// Files and folders; nil where the folder cannot be listed. What may be missing counts as a failure.
    private func list(_ folder: RelativePath) -> [DirectoryBatch.Entry]? {
        let listed = Mutexed(Listed())
        let answer = Waiting.ask {
            (completion: @escaping @Sendable (Result<Void, Errno>) -> Void) in
            share.list(
                ShareLocation(folder), urgency: .background,
                receive: { batch in
                    listed.withLock { listed in
                        if batch.isFirst { listed = Listed() }
                        listed.entries += batch.entries.filter {
                            $0.attributes.isRegular || $0.attributes.kind == .directory
                        }
                        listed.isCut = batch.hasGaps || listed.entries.count > Self.namesMax
                        return listed.entries.count <= Self.namesMax
                    }
                }, completion: completion)
        }
        let found = listed.withLock { $0 }
        if case .failure = answer, found.entries.count <= Self.namesMax { return nil }
        if found.isCut { count { $0.failures += 1 } }
        return found.entries
    }

    // MARK: - One file

    private func bring(
        _ path: RelativePath, _ attributes: FileAttributes, _ seen: inout Set<Int>?
    ) {
        guard attributes.isRegular else { return }
        if let number = seen?.count { number < Self.seenMax ? note(path, &seen) : (seen = nil) }
        let most = disk.pinnedMax
        let fits = state.withLock { state, _ -> Bool in
            state.progress.files += 1
            // A broken share may say anything of sizes.
            state.progress.bytes += min(max(0, attributes.size), .max - state.progress.bytes)
            // They have grown, or the limit is smaller by now.
            guard state.progress.bytes <= most else {
                state.progress.tooMany += 1
                return false
            }
            return true
        }
        guard fits, attributes.size > 0 else { return }
        // A disk in trouble cannot say what it has, and would not keep what is brought.
        guard case .ok = disk.state else { return count { $0.failures += 1 } }
        let found: Result<CachedFile?, Errno> = Waiting.ask { completion in
            versions.findToBeKept(at: path, attributes) { completion(.success($0)) }
        }
        guard case .success(let file?) = found else { return count { $0.failures += 1 } }
        for value in file.geometry.chunks(in: 0..<file.geometry.fileSize) {
            guard mayGoOn else { break }
            awaitFlights(atMost: Self.chunksAtOnce - 1)
            awaitRoom()
            let chunk = ChunkIndex(value)
            let bytes = file.geometry.bytes(of: chunk, blocks: file.geometry.allBlocks(of: chunk))
            guard awaitAllowance(bytes, for: chunk, of: file) else { continue }
            state.withLock { state, _ in state.inFlight += 1 }
            cache.fill(file, chunk, through: disk.gate) { [self] in landed($0, bytes) }
        }
        // What is under way keeps the descriptor for as long as it needs it.
        file.source.close()
    }

    private func note(_ path: RelativePath, _ seen: inout Set<Int>?) {
        seen?.insert(path.hashValue)
    }

    /// - Parameter bytes: of the whole chunk.
    private func landed(_ filling: ChunkCache.Filling, _ bytes: Int64) {
        prefetcher.endBackground(bytes, filling)
        state.withLock { state, condition in
            state.inFlight -= 1
            switch filling {
            case .held: break
            case .fetched(let bytes): state.progress.fetchedBytes += bytes
            case .changed, .failed: state.progress.failures += 1
            }
            condition.broadcast()
        }
    }

    private func awaitFlights(atMost limit: Int) {
        state.wait { state, _ in state.inFlight <= limit ? () : nil }
    }

    /// What is brought faster than the disk takes it would be dropped.
    private func awaitRoom() {
        while mayGoOn, disk.queuedBytes > Self.queuedMax {
            _ = state.wait(timeout: .milliseconds(20)) { state, _ in state.isStopped ? true : nil }
        }
    }

    /// Waits until so many bytes may be fetched, beside what is under way.
    ///
    /// - Returns: whether they are to be; ``landed(_:_:)`` follows then. Not where it is there, or there is something else to do.
    private func awaitAllowance(
        _ bytes: Int64, for chunk: ChunkIndex, of file: CachedFile
    ) -> Bool {
        var isMissing = false
        while mayGoOn {
            let before = state.withLock { state, _ in state.inFlight }
            guard let pause = prefetcher.beginBackground(bytes) else { return true }
            if !isMissing {
                let isHeld: Result<Bool, Errno> = Waiting.ask { completion in
                    cache.isHeld(file, chunk) { completion(.success($0)) }
                }
                if case .success(true) = isHeld { return false }
                isMissing = true
            }
            // What is under way may turn out to have been there.
            _ = state.wait(timeout: pause) { state, _ in
                state.isStopped || state.isChanged || state.inFlight < before ? true : nil
            }
        }
        return false
    }
}
