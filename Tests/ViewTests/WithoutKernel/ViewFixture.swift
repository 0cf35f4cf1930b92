import Fuse
import Model
import Platform
import Share
import TestSupport
import Tiers

@testable import View

/// A whole view over a directory in memory that plays the share, with the clock by hand, and without a kernel.
final class ViewFixture {
    let clock: ManualClock
    let kernel: KernelDouble
    /// Where the share lies.
    let root: String
    private let directory: TemporaryDirectory
    let view: ViewFileSystem
    private let scheduler: ShareScheduler

    init(
        _ consistency: Consistency, isShared: Bool = false, nature: ShareNature? = nil
    ) throws {
        directory = try TemporaryDirectory(in: "/dev/shm")
        root = directory.path
        // The share's files have the time of this machine.
        clock = ManualClock(start: SystemClock().wall)
        let log = Log(write: { _ in })
        scheduler = ShareScheduler(lanes: 4, deadline: .seconds(30), clock: clock, log: log)
        let share =
            if let nature {
                try Share(path: root, scheduler: scheduler, nature: nature, clock: clock)
            } else {
                try Share(path: root, scheduler: scheduler, clock: clock)
            }
        let cache = ChunkCache(
            configuration: ChunkCache.Configuration(
                memoryLimit: .mebibytes(64), consistency: consistency),
            share: share, tiers: TierChain([], clock: clock), buffers: BufferPool())
        view = ViewFileSystem(
            configuration: ViewFileSystem.Configuration(
                consistency: consistency, isShared: isShared), share: share,
            root: try share.rootAttributes(), shareIdentity: ObjectKey(words: (1, 2, 3, 4)),
            cache: cache, disk: nil, clock: clock, log: log)
        kernel = KernelDouble(view, clock: clock)
    }

    deinit {
        view.stop()
        scheduler.stop()
    }
}
