import Fuse
import Model
import Platform
import Share
import Synchronization
import Tiers

/// The ``NodeTable`` under its lock: what is known of names, attributes and listings.
///
/// Whoever wants to know something asks by a question that has a name (``KnownNodes/location(of:)`` and the like, in extensions); whoever
/// has learned something enters it with ``change(_:)``, which then does what that asks for. Only the parts of the ``Namespace`` take the lock
/// themselves.
///
/// Threads: any. No method waits for anything but the lock, and no lock is held while effects are carried out.
final class KnownNodes: Sendable {
    struct Counters: Sendable {
        var lookups: UInt64 = 0
        var cachedLookups: UInt64 = 0
        var listings: UInt64 = 0
        var cachedListings: UInt64 = 0
        var revalidations: UInt64 = 0
        var listingsAhead: UInt64 = 0
        /// Entries of listings that were left out: what cannot be a name, and what came twice.
        var refusedEntries: UInt64 = 0
        /// Names of listings whose attributes the share would not give.
        var unreadableEntries: UInt64 = 0
    }

    let table: Mutex<NodeTable>
    let counters = Mutex(Counters())
    let clock: any LarderClock
    let delays: DelayQueue
    let invalidator: Invalidator
    private let currentRules: Mutex<FreshnessRules>
    private let share: Share
    private let cache: ChunkCache
    /// What outlasts the mount; nil without a disk tier.
    private let disk: DiskTier?
    let upkeep: UpkeepQueue

    init(
        share: Share, root: FileAttributes, isShared: Bool, rules: FreshnessRules,
        cache: ChunkCache, disk: DiskTier?, invalidator: Invalidator, delays: DelayQueue,
        upkeep: UpkeepQueue, clock: any LarderClock
    ) {
        self.share = share
        self.cache = cache
        self.disk = disk
        self.invalidator = invalidator
        self.delays = delays
        self.upkeep = upkeep
        self.clock = clock
        currentRules = Mutex(rules)
        table = Mutex(
            NodeTable(
                rules: rules, root: root, isShared: isShared, inodesLast: share.nature.inodesLast,
                at: clock.monotonic))
        rememberChangedLinks()
        if let findings = disk?.caseFindings {
            table.withLock { $0.formerCaseFindings = findings }
        }
    }

    var now: Duration { clock.monotonic }

    /// As they are now; a decision takes them once.
    var rules: FreshnessRules { currentRules.withLock { $0 } }

    /// - Parameter rules: as consistent as those before.
    func setRules(_ rules: FreshnessRules) {
        currentRules.withLock { $0 = rules }
        table.withLock { $0.rules = rules }
    }

    // MARK: - Changes

    /// What earlier mounts have changed by one of several names: the index has what the others were before.
    private func rememberChangedLinks() {
        guard let changed = disk?.changedLinks, !changed.isEmpty else { return }
        let (now, wall) = (now, clock.wall.seconds)
        table.withLock { table in
            for (inode, seconds) in changed {
                // Behind the end of that second, by the clock of this one.
                let time = now - .seconds(max(0, wall - seconds - 1))
                if let inode {
                    _ = table.changedLinks.note(inode, at: time)
                } else {
                    table.changedLinks.noteAll(at: time)
                }
            }
        }
    }

    /// Changes the table, and does what that asks for.
    @discardableResult
    func change<Value: Sendable>(
        _ body: (inout NodeTable, Duration, inout NodeTable.Effects) -> Value
    ) -> Value {
        let now = now
        var effects = NodeTable.Effects()
        let value = table.withLock { body(&$0, now, &effects) }
        apply(effects)
        return value
    }

    /// Does what a change of the table asks for, outside of its lock.
    func apply(_ effects: NodeTable.Effects) {
        for file in effects.dropped { cache.drop(file) }
        for (file, keepsSource) in effects.superseded {
            cache.supersede(file, keepsSource: keepsSource)
        }
        for source in effects.closed { share.forget(source) }
        for path in effects.unstored { disk?.listings.remove(path, recursively: false) }
        for path in effects.staleDirectories {
            share.forgetDirectories(below: path)
            disk?.listings.remove(path, recursively: true)
        }
        for path in effects.doubtfulDirectories { share.forgetDirectories(below: path) }
        for inode in effects.changedLinks { disk?.noteChangedLink(inode) }
        if let findings = effects.caseFindings { disk?.noteCaseFindings(findings) }
        invalidator.distrust(effects.distrusted)
        invalidator.add(effects.notices)
        invalidator.recall(effects.recalled)
        if effects.isMuchFree { upkeep.add(.giveBack) }
    }
}
