import Model
import Platform

/// The one thread that changes what is on disk: stores chunks, evicts, removes, looks through the files after
/// a crash, and hands every change to the index in order.
///
/// One writer makes the limits simple to hold: room is made before a chunk is written, by measured bytes of
/// the file system. The class belongs to its thread; others speak to it through ``KeeperQueue``.
final class DiskKeeper {
    let core: DiskCore
    let queue: KeeperQueue
    /// For what moves to the next tier.
    let reader: DiskChunkReader
    let overdue: OverdueRemovals
    let writers = DescriptorCache(capacity: 32)
    let encoder = ChunkEncoder()
    var compression: CompressionMemory
    var packs: PackAppender
    var lastRow: Int64
    /// What is left of looking through the files; nil when there is nothing to look for.
    var sweep: DiskSweep?
    /// Written ranges whose pages are still to be dropped from the page cache, oldest first.
    var written = WrittenRanges()
    /// The disk did not let something be freed: evicting on would only forget what is there.
    var hasFailedToFree = false
    /// Which objects there are by size and time.
    var versions = Versions.unread
    var budget: WriteBudget
    private var renewAfter = Duration.zero
    private var audit: SpaceAudit?
    private var changesSinceAudit = 0
    private var cleanUpAt: Duration

    /// Between two looks for what nobody has used for too long.
    static let cleanUpInterval = Duration.seconds(3600)

    /// How long nothing must happen before the keeper looks around.
    private static let idleInterval = Duration.seconds(5)
    /// A disk that damages one index after the other is not given a new one each moment.
    private static let renewInterval = Duration.seconds(60)

    init(
        core: DiskCore, queue: KeeperQueue, reader: DiskChunkReader, overdue: OverdueRemovals,
        opening: DiskIndex.Opening, rules: ContentRules
    ) {
        self.core = core
        self.reader = reader
        budget = WriteBudget(at: core.clock.monotonic)
        cleanUpAt = core.clock.monotonic + Self.cleanUpInterval
        self.overdue = overdue
        compression = CompressionMemory(rules)
        self.queue = queue
        lastRow = opening.lastRow
        packs = PackAppender(
            files: core.packs, totals: core.totals, mayContinue: !opening.needsSweep)
        sweep = opening.needsSweep ? DiskSweep() : nil
    }

    /// Until the queue ends. What is queued waits while the files are looked through: before that the totals
    /// are not known, and the limit could not be held.
    func run() {
        loop: while true {
            runSweep()
            switch queue.next(idleAfter: Self.idleInterval) {
            case .end:
                break loop
            case .idle:
                lookAround()
            case .job(.work(let work)):
                work(self)
            case .job(.store(let object, let chunk, let blocks, let standing)):
                // Told to stop before the files were looked through: the totals are not known.
                if sweep == nil { store(object, chunk, blocks, standing) }
                if changesSinceAudit % SpaceAudit.changesPerStep == 0 { stepAudit() }
                queue.finish(blocks)
            }
            renewIfDamaged()
            cleanUpIfDue()
        }
        written.forgetAll()
        persistTouched()
        if sweep != nil { core.totals.isTrusted = false }
        // The next session goes on where the last pack ends, and what was removed is to stay so.
        do throws(Errno) {
            try packs.synchronize()
            try FileCalls.synchronize(core.objectsRoot.rawValue)
        } catch {
            core.totals.isTrusted = false
        }
        queue.noteEnd()
    }

    /// What must happen also when nobody stores anything.
    func lookAround() {
        persistTouched()
        written.forgetAll()
        // Others may fill the file system, or the limit may have been lowered: give way.
        _ = makeRoom(0)
        stepAudit()
    }

    private func cleanUpIfDue() {
        let now = core.clock.monotonic
        guard now >= cleanUpAt else { return }
        cleanUpAt = now + Self.cleanUpInterval
        cleanUp()
    }

    /// Accounts for bytes that a change took from the file system, or gave back (negative).
    func charge(_ bytes: Int64, _ place: SpacePlace) {
        core.totals.add(bytes: bytes)
        audit?.charge(bytes, place)
        changesSinceAudit += 1
    }

    /// Something went that could not be measured: count again soon, and after the next start in any case.
    func distrustTotals() {
        core.totals.isTrusted = false
        changesSinceAudit = max(changesSinceAudit, SpaceAudit.changesMin)
    }

    private func stepAudit() {
        if audit == nil, changesSinceAudit >= SpaceAudit.changesMin { audit = SpaceAudit() }
        guard let sum = audit?.step(core) else { return }
        core.totals.add(bytes: sum - core.totals.dataBytes)
        audit = nil
        changesSinceAudit = 0
    }

    /// Counts everything now. For tests.
    func auditNow() {
        audit = SpaceAudit()
        while audit != nil { stepAudit() }
    }

    func persistTouched() {
        // Only figures: they wait where they are bounded.
        guard !core.index.writer.isStuck, core.index.writer.hasRoom else { return }
        let touched = core.eviction.takeTouched()
        if touched.isEmpty { return }
        core.index.writer.enqueue(touched.map { .updateUsage($0, $1) })
    }

    /// A damaged index is set aside; objects without rows are removed by the sweep that follows.
    private func renewIfDamaged() {
        guard let damage = core.index.damage, core.clock.monotonic >= renewAfter else { return }
        renewAfter = core.clock.monotonic + Self.renewInterval
        guard let name = core.index.renew() else { return }
        core.log(
            .error,
            "cache \(core.directory): the index is damaged (\(damage.description)); it was set aside as \(name) "
                + "and a new one begun: cached files are fetched again")
        forgetEverything()
    }

    func forgetEverything() {
        for object in core.objects.all { object.clear() }
        core.eviction.reset()
        writers.removeAll()
        packs = PackAppender(files: core.packs, totals: core.totals, mayContinue: false)
        lastRow = 0
        versions = .unread
        audit = nil
        sweep = DiskSweep()
    }

    private func runSweep() {
        guard sweep != nil else { return }
        while !queue.isStopping, var current = sweep {
            let isDone = current.step(self)
            sweep = isDone ? nil : current
        }
    }

    /// Makes the object know the entry of `chunk`, and how many chunks it has.
    ///
    /// - Returns: false when the index cannot answer.
    func learn(_ object: DiskObject, _ chunk: ChunkIndex) -> Bool {
        guard let damage = core.index.learn(object, around: chunk) else { return false }
        if !damage.isEmpty {
            core.noteDamage("damaged index rows", of: object, count: damage.count)
            remove(damage, of: object)
        }
        if object.chunkCount == nil, case .present(let row) = object.row {
            let count = core.index.read { reader throws(SQLiteError) in
                try reader.chunkCount(of: row)
            }
            guard let count else { return false }
            object.learn(chunkCount: count)
        }
        if case .unknown = object.entry(chunk) { return false }
        return true
    }
}
