import Foresight
import Model
import Platform
import Tiers

/// What follows from a read: carried out once, behind the read itself; at the first read of a file only when that is on its
/// way to the share.
struct ReadFollowUp: Sendable {
    let reader: Reader
    /// Of what is fetched for the reader.
    let priority: Priority
    /// In memory, where that is another one.
    let memoryPriority: Priority?
    /// How long the read has to wait before it is asked for anew: nobody waits for what it brings. nil: not at all.
    let pause: Duration?
    private let prefetcher: Prefetcher
    private let plan: PrefetchPlan
    /// Taken by whoever comes first; nil where nothing is deferred.
    private let deferred: Mutexed<PrefetchPlan?>?

    init(
        _ prefetcher: Prefetcher, _ reader: Reader, _ plan: PrefetchPlan, priority: Priority,
        memoryPriority: Priority? = nil, isDeferred: Bool, pause: Duration? = nil
    ) {
        self.prefetcher = prefetcher
        self.reader = reader
        self.plan = plan
        self.priority = priority
        self.memoryPriority = memoryPriority
        self.pause = pause
        deferred = isDeferred ? Mutexed(plan) : nil
    }

    /// To be called where the share has the file open; nil where nothing waits for that.
    var whenOpened: (@Sendable () -> Void)? {
        guard let deferred else { return nil }
        return { [prefetcher, priority] in
            prefetcher.soon { Self.carryOut(deferred, prefetcher, priority) }
        }
    }

    /// The read is in the share's queue, or needs none: what is fetched ahead comes behind it.
    func asked() {
        if deferred == nil { prefetcher.carryOut(plan, priority) }
    }

    /// The read is answered.
    func answered() {
        if let deferred { Self.carryOut(deferred, prefetcher, priority) }
    }

    private static func carryOut(
        _ deferred: Mutexed<PrefetchPlan?>, _ prefetcher: Prefetcher, _ priority: Priority
    ) {
        if let plan = deferred.withLock({ $0.take() }) { prefetcher.carryOut(plan, priority) }
    }
}
