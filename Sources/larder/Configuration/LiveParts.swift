import Model
import Platform
import Share
import Tiers
import View

/// The parts of a running mount that a reload reaches. Each takes its new bounds under its own lock: readers in flight
/// go on, and the next decision is made by the new figures.
struct LiveParts: Sendable {
    let view: ViewFileSystem
    let cache: ChunkCache
    let disk: DiskTier?
    let storage: DiskTier?
    let scheduler: ShareScheduler
    let log: Log

    /// Bytes fetched ahead and not read yet: half of memory is the most that the tier gives to what nobody has
    /// read.
    static func prefetchBudget(_ configuration: MountConfiguration) -> ByteCount {
        ByteCount(configuration.memoryLimit.bytes / 8 * 3)
    }

    /// What tiers do not have from their start.
    func setTiers(_ configuration: MountConfiguration) {
        disk?.setWritesPerDay(configuration.diskWritesPerDay)
        cache.setMemoryTTL(configuration.memoryTTL)
        disk?.setTimeToLive(configuration.diskTTL)
        storage?.setTimeToLive(configuration.storageTTL)
    }

    func apply(_ configuration: MountConfiguration) {
        log.levelMax = Log.Level(configuration.verbosity)
        scheduler.configure(
            lanes: configuration.lanes, deadline: configuration.shareDeadline)
        // No more is fetched ahead before what is there has to go.
        view.setPrefetch(
            readahead: configuration.readaheadLimit,
            budget: Self.prefetchBudget(configuration), strategy: configuration.strategy)
        view.limitPrefetch(by: configuration.bandwidth)
        cache.setMemoryLimit(configuration.memoryLimit)
        disk?.setLimit(configuration.diskLimit, freeSpaceMin: configuration.freeSpaceMin)
        setTiers(configuration)
        storage?.setLimit(configuration.storageLimit, freeSpaceMin: configuration.freeSpaceMin)
        view.setFreshness(
            propagationDelay: configuration.propagationDelay,
            attributeTTL: configuration.namespaceTTL,
            rightsLifetime: configuration.rightsLifetime)
        view.setHabits(HabitSettings(configuration))
        view.setCatalogue(configuration.catalogue, rate: configuration.catalogueRate)
    }
}
