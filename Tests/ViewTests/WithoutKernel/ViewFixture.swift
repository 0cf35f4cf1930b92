import Fuse
import Model
import Platform
import Share
import TestSupport
import Tiers

@testable import View

/// A whole view over a directory in memory that plays the share, with the clock by hand, and without a kernel.
final class ViewFixture {
    /// What a daemon has been started with.
    struct Limits {
        var memory = ByteCount.mebibytes(64)
        /// nil: no disk tier.
        var disk: ByteCount?
        var rules = ContentRules.usual
    }

    /// What begins and ends with a daemon.
    private struct Run {
        let scheduler: ShareScheduler
        let share: Share
        let disk: DiskTier?
        let view: ViewFileSystem

        /// In the order of the daemon's own end.
        func stop() {
            scheduler.stop()
            share.stop()
            view.stop()
            disk?.close()
        }
    }

    let clock: ManualClock
    private(set) var kernel: KernelDouble
    /// Where the share lies.
    let root: String
    private let directory: TemporaryDirectory
    private let cacheDirectory: TemporaryDirectory
    private let consistency: Consistency
    private let isShared: Bool
    private let nature: ShareNature?
    private var run: Run
    /// When nothing was asked of the share (monotonic).
    private var idleAt = Duration.zero

    var view: ViewFileSystem { run.view }

    init(
        _ consistency: Consistency, isShared: Bool = false, nature: ShareNature? = nil,
        limits: Limits = Limits()
    ) throws {
        directory = try TemporaryDirectory(in: "/dev/shm")
        cacheDirectory = try TemporaryDirectory(in: "/dev/shm")
        root = directory.path
        // The share's files have the time of this machine.
        clock = ManualClock(start: SystemClock().wall)
        (self.consistency, self.isShared, self.nature) = (consistency, isShared, nature)
        run = try Self.start(
            root, cacheDirectory.path, clock, limits, consistency, isShared: isShared, nature)
        kernel = KernelDouble(run.view, clock: clock)
    }

    /// Another daemon, with what the first has left on the disk.
    func restart(_ limits: Limits) throws {
        run.stop()
        run = try Self.start(
            root, cacheDirectory.path, clock, limits, consistency, isShared: isShared, nature)
        kernel = KernelDouble(run.view, clock: clock)
    }

    private static func start(
        _ root: String, _ cacheDirectory: String, _ clock: ManualClock, _ limits: Limits,
        _ consistency: Consistency, isShared: Bool, _ nature: ShareNature?
    ) throws -> Run {
        let log = Log(write: { _ in })
        let scheduler = ShareScheduler(lanes: 4, deadline: .seconds(30), clock: clock, log: log)
        let share =
            if let nature {
                try Share(path: root, scheduler: scheduler, nature: nature, clock: clock)
            } else {
                try Share(path: root, scheduler: scheduler, clock: clock)
            }
        let buffers = BufferPool()
        let disk = try limits.disk.map {
            try DiskTier(
                directory: cacheDirectory, limit: $0, freeSpaceMin: ByteCount(0),
                rules: limits.rules, buffers: buffers, clock: clock, log: log)
        }
        let cache = ChunkCache(
            configuration: ChunkCache.Configuration(
                memoryLimit: limits.memory, consistency: consistency, rules: limits.rules),
            share: share, tiers: TierChain(disk.map { [$0] } ?? [], clock: clock),
            buffers: buffers)
        let view = ViewFileSystem(
            configuration: ViewFileSystem.Configuration(
                consistency: consistency, isShared: isShared, rules: limits.rules),
            share: share,
            root: try share.rootAttributes(), shareIdentity: ObjectKey(words: (1, 2, 3, 4)),
            cache: cache, disk: disk, clock: clock, log: log)
        return Run(scheduler: scheduler, share: share, disk: disk, view: view)
    }

    /// Somebody wants the share to be taken for away, until ``letGo()``.
    func hold() { run.scheduler.hold() }

    func letGo() { run.scheduler.letGo() }

    /// Blocks that readers asked for and no tier had, ever.
    var missed: UInt64 {
        run.disk?.statistics.history.values.reduce(0) { $0 + $1.misses } ?? 0
    }

    var holdsOtherChunkSizes: Bool { run.disk?.holdsOtherChunkSizes ?? false }

    /// Bytes of the disk tier's file system.
    var diskUsed: Int64 { run.disk?.statistics.used.bytes ?? 0 }

    /// Time passes. No deadline does while a thread of this machine has yet to run: what takes long is looked for first.
    func pass(_ time: Duration) throws {
        if clock.monotonic + time - idleAt > .seconds(5) {
            try waitForLanes()
            idleAt = clock.monotonic
        }
        clock.advance(by: time)
    }

    /// Until nothing is asked of the share, and what it has answered is stored.
    func settle() throws {
        clock.advance(by: .seconds(1))
        try waitForLanes()
        run.disk?.drain()
    }

    private func waitForLanes() throws {
        try waitUntil("the lanes are idle", poll: 0.001) {
            let now = run.scheduler.statistics
            return now.running == 0 && now.waiting == 0
        }
    }

    deinit { run.stop() }
}
