import Model
import Platform
import Synchronization

/// What the parts of one disk tier share: its files, index, tables and figures. Threads: any.
final class DiskCore: Sendable {
    /// Of index and marks.
    let root: DescriptorReference
    /// Of the files that hold chunks.
    let objectsRoot: DescriptorReference
    let files: ObjectFiles
    let packs: PackFiles
    let objects = DiskObjectTable()
    let counters: DiskCounters
    let eviction: ChunkEviction
    let index: DiskIndex
    let totals: DiskTotals
    let pins: PinTable
    /// What the tier behind this one has to remove.
    let followerRemovals: FollowerRemovals
    let role: DiskTier.Role
    let buffers: BufferPool
    let clock: any LarderClock
    let log: Log
    /// For messages.
    let directory: String
    private let freeBytesMin: Atomic<Int64>
    private let limitBytes: Atomic<Int64>
    private let budgetBytes = Atomic<Int64>(0)
    private let lifeSeconds = Atomic<Int64>(0)
    private let health = Mutex(Health())
    private let follower = Mutex<DiskTier?>(nil)
    /// What is to be removed here, and may still be there: not served.
    private let removed = Mutex<FollowerRemovals?>(nil)
    private let mayBeRemoved = Atomic(false)

    private struct Health {
        var reading = TierHealth()
        var writing = TierHealth()
    }

    enum Side {
        case reading
        case writing
    }

    init(
        role: DiskTier.Role, root: DescriptorReference, objectsRoot: DescriptorReference,
        directory: String, index: DiskIndex,
        totals: DiskTotals, counters: DiskCounters, eviction: ChunkEviction, limit: Int64,
        freeSpaceMin: Int64, pins: PinTable?, followerRemovals: FollowerRemovals,
        buffers: BufferPool, clock: any LarderClock, log: Log
    ) {
        self.role = role
        self.root = root
        self.objectsRoot = objectsRoot
        self.directory = directory
        files = ObjectFiles(root: objectsRoot)
        packs = PackFiles(root: objectsRoot)
        self.pins = pins ?? PinTable(root)
        self.followerRemovals = followerRemovals
        self.index = index
        self.totals = totals
        self.counters = counters
        self.eviction = eviction
        limitBytes = Atomic(limit)
        freeBytesMin = Atomic(freeSpaceMin)
        self.buffers = buffers
        self.clock = clock
        self.log = log
    }

    var limit: Int64 {
        get { limitBytes.load(ordering: .relaxed) }
        set { limitBytes.store(newValue, ordering: .relaxed) }
    }

    /// The tier that takes what has to go here, and from which everything is removed that is removed here; nil where there is none, or its
    /// disk is not there.
    var next: DiskTier? {
        get { follower.withLock { $0 } }
        set { follower.withLock { $0 = newValue } }
    }

    /// What another tier has removed and this one may still have.
    func hides(_ identity: ObjectIdentity) -> Bool {
        guard mayBeRemoved.load(ordering: .acquiring) else { return false }
        return removed.withLock { $0 }?.covers(identity) == true
    }

    func setRemovals(_ removals: FollowerRemovals) {
        removed.withLock { $0 = removals }
        mayBeRemoved.store(true, ordering: .releasing)
    }

    /// Bytes that may be written; 0 for no bound.
    var writesPerDay: Int64 {
        get { budgetBytes.load(ordering: .relaxed) }
        set { budgetBytes.store(newValue, ordering: .relaxed) }
    }

    /// Seconds after which goes what nobody has used since it came; 0: never.
    var timeToLive: Int64 {
        get { lifeSeconds.load(ordering: .relaxed) }
        set { lifeSeconds.store(newValue, ordering: .relaxed) }
    }

    /// Bytes of the file system that stay free.
    var freeSpaceMin: Int64 {
        get { min(freeBytesMin.load(ordering: .relaxed), Int64.max / 4) }
        set { freeBytesMin.store(newValue, ordering: .relaxed) }
    }

    /// Bytes of the file system that the tier occupies, index included.
    var used: Int64 { totals.dataBytes + index.writer.allocatedBytes }

    // MARK: - Trouble

    func mayTry(_ side: Side) -> Bool {
        let now = clock.monotonic
        return health.withLock { health in
            switch side {
            case .reading: health.reading.mayTry(now: now)
            case .writing: health.writing.mayTry(now: now)
            }
        }
    }

    /// - Parameters:
    ///   - what: without names of files of the share: it is shown to others in status and log.
    ///   - object: whose cache file it was.
    func fail(_ side: Side, _ what: String, _ error: Errno, of object: DiskObject? = nil) {
        let reason = "\(what): \(error.message)"
        let now = clock.monotonic
        health.withLock { health in
            switch side {
            case .reading: health.reading.fail(reason, now: now)
            case .writing: health.writing.fail(reason, now: now)
            }
        }
        log(
            .warning, kind: "disk tier \(side)",
            "cache \(directory): \(reason); what is not there is read from the share. Look at that disk's"
                + " space and health; it is tried again by itself")
        guard let object else { return }
        log(
            .debug, kind: "disk tier \(side), file", path: object.identity.path.bytes,
            "cache \(directory): \(reason), for this file")
    }

    func succeed(_ side: Side) {
        let now = clock.monotonic
        let ended = health.withLock { health -> [Side] in
            var ended: [Side] = []
            switch side {
            case .reading: if health.reading.succeed() { ended.append(.reading) }
            case .writing:
                if health.writing.succeed() { ended.append(.writing) }
                // Nothing may be there to be read for long: a disk that writes gets the benefit of the doubt.
                if health.reading.mayTry(now: now), health.reading.succeed() {
                    ended.append(.reading)
                }
            }
            return ended
        }
        for side in ended { log(.info, "cache \(directory): \(side) works again") }
    }

    var state: DiskTierStatistics.State {
        if let damage = index.damage {
            return .degraded(reason: "index damaged: \(damage.description)")
        }
        let reasons = health.withLock { [$0.writing.reason, $0.reading.reason] }
        if let reason = reasons.compactMap({ $0 }).first { return .degraded(reason: reason) }
        if let trouble = index.writingTrouble {
            return .degraded(reason: "index not written: \(trouble.description)")
        }
        return .ok
    }

    // MARK: - Bad data

    /// - Parameters:
    ///   - what: without names of files of the share.
    ///   - object: what it was of.
    func noteDamage(_ what: @autoclosure () -> String, of object: DiskObject? = nil, count: Int = 1)
    {
        counters.update { $0.damaged += count }
        let text = what()
        log(
            .warning, kind: "disk tier damage",
            "cache \(directory): \(text); thrown away, and fetched from the share when it is wanted."
                + " More than a few of these, and the disk is to be looked at")
        guard let object else { return }
        log(
            .debug, kind: "disk tier damage, file", path: object.identity.path.bytes,
            "cache \(directory): \(text), of this file")
    }
}
