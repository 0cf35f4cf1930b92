import Eviction
public import Model
import Platform

/// What ``TierChain`` asks of the disk tier, which has its own patience (``DiskTier/loadPatience``) and health.
extension DiskTier: ChunkTier {
    public var name: String { core.role.rawValue }

    public var patience: Duration? { nil }

    public func object(_ identity: ObjectIdentity) -> any TierObject {
        DiskTierObject(tier: self, object: known(identity))
    }

    /// What is known of a version, which may be nothing yet. No I/O.
    func known(_ identity: ObjectIdentity) -> DiskObject {
        core.objects.object(identity)
    }

    /// Behind what was queued before.
    public func discard(_ identity: ObjectIdentity) {
        gate.note(.file(identity.path))
        queue.putRemoval { keeper in
            keeper.remove(keeper.core.objects.object(identity))
            keeper.core.removeBehind(.file(identity.path))
        }
    }

    public func note(_ asked: AskedBlocks) {
        guard !asked.isEmpty else { return }
        core.counters.update { figures in
            for type in figures.history.indices {
                figures.history[type].hits += UInt64(asked.found[type])
                figures.history[type].misses += UInt64(asked.missed[type])
            }
        }
    }

    fileprivate func mayLoad(_ object: DiskObject) -> Bool {
        guard overdueRemovals.areNone, core.mayTry(.reading), !core.hides(object.identity) else {
            core.counters.update { $0.loads += 1 }
            return false
        }
        return true
    }

    /// - Returns: takes what the pool has to say, which is nil when the disk took too long.
    fileprivate func noting(
        _ completion: @escaping @Sendable ([LoadedBlock]) -> Void
    ) -> @Sendable ([LoadedBlock]?) -> Void {
        { [core] loaded in
            if loaded == nil {
                core.fail(.reading, "reading the cache", .timedOut)
            } else if loaded?.isEmpty == false {
                core.succeed(.reading)
            }
            completion(loaded ?? [])
        }
    }
}

/// One version of a file in the disk tier.
struct DiskTierObject: TierObject {
    let tier: DiskTier
    let object: DiskObject

    func stored(_ chunk: ChunkIndex) -> BlockMask? {
        tier.core.hides(object.identity) ? [] : object.stored(chunk)
    }

    /// On the disk pool.
    func findStored(_ chunk: ChunkIndex, completion: @escaping @Sendable () -> Void) -> Bool {
        guard tier.overdueRemovals.areNone, tier.core.mayTry(.reading),
            !tier.core.hides(object.identity)
        else { return false }
        let ticket = tier.pool.submit(urgent: true) { [reader = tier.reader, object] in
            reader.stored(object, chunk)
        } completion: { [core = tier.core] stored in
            if stored == nil { core.fail(.reading, "reading the cache", .timedOut) }
            completion()
        }
        return ticket != nil
    }

    /// On the disk pool; with nothing where the disk is too slow (``DiskTier/loadPatience``).
    ///
    /// - Returns: nil when too many loads wait, the disk is in trouble, or the tier is closed.
    func load(
        _ blocks: BlockMask, of chunk: ChunkIndex, isUrgent: Bool,
        completion: @escaping @Sendable ([LoadedBlock]) -> Void
    ) -> (any TierLoad)? {
        guard tier.mayLoad(object) else { return nil }
        let ticket = tier.pool.submit(
            urgent: isUrgent,
            { [reader = tier.reader, object] in reader.load(object, chunk, blocks) },
            completion: tier.noting(completion))
        return ticket.map { DiskLoad(pool: tier.pool, ticket: $0) }
    }

    /// By the calling thread if one more may be lent (``DiskTier/lentThreads``), which then waits for the disk for as long as that
    /// takes. For single blocks: the change to a thread of the pool takes as long as the disk does.
    ///
    /// - Parameter completion: called on this thread, or on another one while this one still waits.
    func loadHere(
        _ blocks: BlockMask, of chunk: ChunkIndex,
        completion: @escaping @Sendable ([LoadedBlock]) -> Void
    ) -> Bool {
        guard tier.mayLoad(object) else { return false }
        let isDone = tier.pool.runHere(
            { tier.reader.load(object, chunk, blocks) }, completion: tier.noting(completion))
        return isDone || load(blocks, of: chunk, isUrgent: true, completion: completion) != nil
    }

    /// By the promotion score, where the tier has what is rarely used (``RetentionScore``).
    func movesUp(_ chunk: ChunkIndex) -> Bool {
        guard tier.core.role == .storage else { return true }
        let type = object.contentType
        guard let row = object.chunkRow(chunk),
            tier.core.eviction.promotion(
                of: row, threshold: tier.rules.promotionThreshold(of: type))
                > RetentionScore.promotionMin
        else { return false }
        tier.core.counters.update { $0.history[Int(type.rawValue)].promotions += 1 }
        return true
    }

    /// Blocks that are stored already are ignored; what does not fit the queue, the limit or the file system is counted.
    func store(_ blocks: [LoadedBlock], of chunk: ChunkIndex, priority: Priority) {
        _ = store(blocks, of: chunk, KeeperQueue.Standing(priority: priority))
    }

    func store(
        _ blocks: [LoadedBlock], of chunk: ChunkIndex, _ standing: KeeperQueue.Standing
    ) -> Bool {
        if tier.queue.currentStoreTakes(longerThan: DiskTier.loadPatience) {
            tier.core.fail(.writing, "writing the cache", .timedOut)
        }
        guard object.identity.isPersistent, tier.queue.put(object, chunk, blocks, standing)
        else {
            tier.core.counters.update { $0.dropped += blocks.count }
            return false
        }
        return true
    }
}

/// A load that waits in the disk pool, or runs: neither takes long enough to be worth ending.
private struct DiskLoad: TierLoad {
    let pool: PatientPool
    let ticket: WorkerPool.Ticket

    func promote() { pool.promote(ticket) }

    func cancel() {}
}
