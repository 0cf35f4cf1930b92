import Model
import Platform
import Synchronization

/// What the parts of one disk tier share: its files, index, tables and figures. Threads: any.
final class DiskCore: Sendable {
    let root: DescriptorReference
    let files: ObjectFiles
    let packs: PackFiles
    let objects = DiskObjectTable()
    let counters: DiskCounters
    let eviction: ChunkEviction
    let index: DiskIndex
    let totals: DiskTotals
    let buffers: BufferPool
    let clock: any LarderClock
    let log: Log
    let freeSpaceMin: Int64
    private let limitBytes: Atomic<Int64>
    private let health = Mutex(Health())

    private struct Health {
        var reading = DiskHealth()
        var writing = DiskHealth()
    }

    enum Side {
        case reading
        case writing
    }

    init(
        root: DescriptorReference, index: DiskIndex,
        totals: DiskTotals, counters: DiskCounters, eviction: ChunkEviction, limit: Int64,
        freeSpaceMin: Int64, buffers: BufferPool, clock: any LarderClock, log: Log
    ) {
        self.root = root
        files = ObjectFiles(root: root)
        packs = PackFiles(root: root)
        self.index = index
        self.totals = totals
        self.counters = counters
        self.eviction = eviction
        limitBytes = Atomic(limit)
        self.freeSpaceMin = freeSpaceMin
        self.buffers = buffers
        self.clock = clock
        self.log = log
    }

    var limit: Int64 {
        get { limitBytes.load(ordering: .relaxed) }
        set { limitBytes.store(newValue, ordering: .relaxed) }
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

    func fail(_ side: Side, _ what: String, _ error: Errno) {
        let reason = "\(what): \(error.message)"
        let now = clock.monotonic
        health.withLock { health in
            switch side {
            case .reading: health.reading.fail(reason, now: now)
            case .writing: health.writing.fail(reason, now: now)
            }
        }
        log(.warning, topic: "disk tier \(side)", "disk tier: \(reason); readers go to the share")
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
        for side in ended { log(.info, "disk tier: \(side) works again") }
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

    func noteDamage(_ what: @autoclosure () -> String, count: Int = 1) {
        counters.update { $0.damaged += count }
        log(.warning, topic: "disk tier damage", "disk tier: \(what()); it is fetched again")
    }
}
