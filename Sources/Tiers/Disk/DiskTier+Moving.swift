import Eviction
import Model
import Platform

/// Between a disk tier and the one behind it: what has to go from the one moves to the other, where keeping it is worth the write; what is
/// used often there moves back.
///
/// **Order.** A chunk on its way is put into the follower's queue by the keeper of the tier that lets it go. What is removed from that tier is
/// removed by the same thread, and from the follower after that: so nothing that was removed arrives later.
extension DiskTier {
    /// Has `follower` take what has to go here, and removes there what is removed here. Once, before anything is stored.
    ///
    /// - Parameter follower: has this tier's ``pins``; is closed, and drained, with this one.
    public func move(to follower: DiskTier) {
        core.next = follower
    }

    /// Whether the disk does what it should.
    var takesWrites: Bool { core.mayTry(.writing) && overdueRemovals.areNone }

    /// Whether a chunk that another tier lets go is worth a write here.
    ///
    /// - Parameter record: what that tier knows of it; the size is what it takes there.
    func wants(_ record: EntryRecord) -> Bool {
        guard takesWrites else { return false }
        // What a scanner has brought in, and nobody has asked for since.
        if record.priority == .low, record.uses == 0 { return false }
        if core.used + Int64(record.size) + DiskKeeper.indexReserve(core) <= core.limit {
            return true
        }
        let now = core.clock.wall
        guard let lowest = core.eviction.lowestRetention(at: now) else { return true }
        return record.retention(at: now.seconds) > lowest
    }

    /// Takes a chunk that another tier lets go, behind its back.
    func take(
        _ blocks: [LoadedBlock], of chunk: ChunkIndex, _ identity: ObjectIdentity,
        _ record: EntryRecord
    ) {
        DiskTierObject(tier: self, object: known(identity))
            .store(
                blocks, of: chunk,
                KeeperQueue.Standing(priority: record.priority, record: record))
    }

    /// Removes everything, behind the caller's back.
    func discardAll() {
        gate.note(.everything)
        queue.putRemoval { keeper in
            _ = keeper.evict(nil)
            keeper.core.next?.discardAll()
        }
    }
}

extension DiskTier.Role {
    var makePolicy: @Sendable (_ age: UInt64) -> ChunkEviction.Policy {
        switch self {
        case .disk: { LFUAgingPolicy(age: $0) }
        case .storage: { _ in RetentionPolicy() }
        }
    }
}

extension DiskKeeper {
    /// Offers a chunk that has to go to the next tier.
    func moveOn(_ victim: ChunkEviction.Victim, _ object: DiskObject, _ entry: ChunkEntry) {
        guard let next = core.next, next.wants(victim.record) else { return }
        let chunk = victim.row.chunk
        let blocks = reader.check(object, chunk, entry, entry.mask).blocks
        // The disk may have hung over it, and it was to be removed meanwhile.
        guard !blocks.isEmpty, overdue.areNone else { return }
        next.take(blocks, of: chunk, object.described, victim.record)
        core.counters.update { figures in
            figures.history[Int(object.contentType.rawValue)].demotions += 1
        }
    }
}
