import Habits
import Model
import Platform
import Share
import Tiers

/// Brings the heads of files that are expected into the tiers behind memory, and keeps account of what came of it.
///
/// On a thread of its own, which waits for each answer of the share: target after target, the most urgent first, behind everything that
/// people read, within what bounds reading ahead, and not at all while the machine or the share has better to do. What is there already
/// costs the share one question. What it brings nobody waits for, so that a target that fails is tried again with the next round.
///
/// Threads: any; nothing here waits but the thread itself.
final class Warmer: Sendable {
    /// Of one round.
    static let targetsMax = 100

    /// What was brought so far; what came of it is for ``WarmExpectations`` to say.
    private struct Account: Sendable {
        /// Targets that had something fetched, and bytes.
        var fetched = 0
        var fetchedBytes: Int64 = 0
        /// Why nothing is fetched at the moment, in words; nil while nothing holds it back.
        var restraint: String?
    }

    private struct State: Sendable {
        var targets: [WarmTarget] = []
        var isStopped = false
        var account = Account()
        var expectations = WarmExpectations()
    }

    private let share: Share
    private let cache: ChunkCache
    private let disk: DiskTier
    private let versions: FileVersions
    private let prefetcher: Prefetcher
    private let clock: any LarderClock
    private let state = ConditionMutex(State())

    init(
        share: Share, cache: ChunkCache, disk: DiskTier, versions: FileVersions,
        prefetcher: Prefetcher, clock: any LarderClock
    ) {
        self.share = share
        self.cache = cache
        self.disk = disk
        self.versions = versions
        self.prefetcher = prefetcher
        self.clock = clock
    }

    /// Says in a report what was brought, and what came of it.
    func tell(_ report: inout HabitReport) {
        let (account, expectations) = state.withLock { state, _ in
            (state.account, state.expectations)
        }
        report.fetched = account.fetched
        report.fetchedBytes = account.fetchedBytes
        report.restraint = account.restraint
        report.right = expectations.right
        report.wrong = expectations.wrong
        report.wastedBytes = expectations.wastedBytes
        report.accuracy = expectations.accuracy.value
    }

    func start() {
        startThread(name: "larder-warmer") { [self] in run() }
    }

    func stop() {
        state.withLock { state, condition in
            state.isStopped = true
            condition.broadcast()
        }
    }

    /// What is to be brought from now on; what waited from before and is not named any more is dropped.
    func bring(_ targets: [WarmTarget]) {
        let now = clock.wall.seconds
        state.withLock { state, condition in
            state.expectations.settle(at: now)
            state.targets = Array(
                targets.sorted(by: WarmTarget.isMoreUrgent).prefix(Self.targetsMax))
            condition.broadcast()
        }
    }

    /// Somebody has opened a file.
    func opened(_ file: UInt64) {
        let now = clock.wall.seconds
        state.withLock { state, _ in state.expectations.opened(file, at: now) }
    }

    // MARK: - The thread

    private func run() {
        while let target = nextTarget() {
            bring(target)
        }
    }

    /// - Returns: nil once it is stopped.
    private func nextTarget() -> WarmTarget? {
        let found = state.wait { state, _ -> WarmTarget?? in
            if state.isStopped { return .some(nil) }
            guard !state.targets.isEmpty else { return nil }
            return state.targets.removeFirst()
        }
        return found
    }

    private func bring(_ target: WarmTarget) {
        guard let isWatched = judge(target) else { return }
        let file = HabitKeeper.number(of: target.path)
        if isWatched {
            return expect(file, target, bytes: 0, isWatched: true)
        }
        let found = Waiting.ask { completion in
            share.attributes(
                of: ShareLocation(target.path), urgency: .background, completion: completion)
        }
        guard case .success(let attributes) = found, attributes.isRegular, attributes.size > 0,
            case .ok = disk.state
        else { return }
        let version: Result<CachedFile?, Errno> = Waiting.ask { completion in
            versions.findToBeKept(at: target.path, attributes) { completion(.success($0)) }
        }
        guard case .success(let cached?) = version else { return }
        let fetched = bring(cached, bytes: min(target.bytes, attributes.size))
        // What is under way keeps the descriptor for as long as it needs it.
        cached.source.close()
        guard fetched > 0 else { return }
        count { $0.fetched += 1 }
        expect(file, target, bytes: fetched, isWatched: false)
    }

    /// Whether a target is only to be watched; nil: not even that.
    private func judge(_ target: WarmTarget) -> Bool? {
        let restraint = prefetcher.restraint
        count { $0.restraint = restraint }
        guard restraint == nil, share.scheduler.isReachable else { return nil }
        let file = HabitKeeper.number(of: target.path)
        return state.withLock { state, _ -> Bool? in
            // It waits for its time already.
            if state.expectations.isWaiting(for: file) { return nil }
            return state.expectations.accuracy.value < Self.accuracyMin
        }
    }

    /// Below it nothing is fetched, until what is watched has been right again.
    static let accuracyMin = 0.4

    private func expect(_ file: UInt64, _ target: WarmTarget, bytes: Int64, isWatched: Bool) {
        state.withLock { state, _ in
            state.expectations.expect(
                file,
                WarmExpectations.Expectation(
                    until: target.window.upperBound + WarmExpectations.graceSeconds, bytes: bytes,
                    isWatched: isWatched))
        }
    }

    private func count(_ body: (inout Account) -> Void) {
        state.withLock { state, _ in body(&state.account) }
    }

    // MARK: - One file

    /// Brings a head, chunk after chunk. - Returns: bytes that came from the share.
    private func bring(_ file: CachedFile, bytes: Int64) -> Int64 {
        var fetched: Int64 = 0
        for value in file.geometry.chunks(in: 0..<bytes) {
            let chunk = ChunkIndex(value)
            let size = file.geometry.bytes(of: chunk, blocks: file.geometry.allBlocks(of: chunk))
            guard awaitAllowance(size) else { break }
            let filling: Result<ChunkCache.Filling, Errno> = Waiting.ask { completion in
                cache.fill(file, chunk, through: disk.gate) { completion(.success($0)) }
            }
            guard case .success(let filling) = filling else { break }
            prefetcher.endBackground(size, filling)
            switch filling {
            case .held: break
            case .fetched(let count):
                fetched += count
                self.count { $0.fetchedBytes += count }
            case .changed, .failed: return fetched
            }
        }
        return fetched
    }

    /// Waits until so many bytes may be fetched. - Returns: false where something came between.
    private func awaitAllowance(_ bytes: Int64) -> Bool {
        while true {
            guard !state.withLock({ state, _ in state.isStopped }), prefetcher.restraint == nil
            else { return false }
            guard let pause = prefetcher.beginBackground(bytes) else { return true }
            _ = state.wait(timeout: pause) { state, _ in state.isStopped ? true : nil }
        }
    }
}
