import Foresight
public import Model
import Platform
import Synchronization

/// What can change while the view is mounted.
extension ViewFileSystem {
    /// Threads of this name read so that what they read is cached: nothing is fetched ahead for them, nothing is learned from them,
    /// and what they bring in is the first to leave memory.
    public static let warmingThread = "larder-warm"

    /// From now on answers are believed for so long.
    ///
    /// What was believed for longer, and the kernel's copy of it, is given up: the next look asks the share. Consistency
    /// stays as it was: fingerprints of open files and what the kernel was told are of one kind.
    public func setFreshness(
        propagationDelay: Duration, attributeTTL: Duration, rightsLifetime: Duration
    ) {
        let before = nodes.rules
        var rules = before
        rules.propagationDelay = propagationDelay
        rules.attributeTTL = attributeTTL
        if configuration.isShared { rules.rightsLifetime = rightsLifetime }
        nodes.setRules(rules)
        let isStricter =
            propagationDelay < before.propagationDelay || attributeTTL < before.attributeTTL
            || before.rightsLifetime.map { rightsLifetime < $0 } ?? false
        if isStricter {
            refresh()
        }
    }

    /// Bounds what is fetched ahead.
    ///
    /// - Parameters:
    ///   - readahead: bytes ahead of one stream, at most; 0 for none.
    ///   - budget: bytes fetched ahead and not read yet, of all readers, at most.
    ///   - strategy: nil: moves by itself.
    public func setPrefetch(readahead: ByteCount, budget: ByteCount, strategy: PrefetchStrategy?) {
        prefetcher.setBounds(readahead: readahead, budget: budget, strategy: strategy)
    }

    /// Bounds what is fetched ahead per second, by the time of day; never what somebody waits for.
    public func limitPrefetch(by schedule: BandwidthSchedule) {
        prefetcher.limit(by: schedule)
    }
}
