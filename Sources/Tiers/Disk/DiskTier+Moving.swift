import Eviction
public import Model
import Platform

/// Between a disk tier and the one behind it: what has to go from the one moves to the other, where keeping it is worth the write; what is
/// used often there moves back.
///
/// **Removing.** Nobody waits for the follower's disk. What is removed is removed here, noted here for the follower, which serves nothing of
/// it from then on, and carried out there by a thread of its own (``FollowerRemovals``), behind all that is on its way.
///
/// **Where things lie.** The follower's index and marks lie in `follower` of this tier's directory: its own disk may be slow, or fail, and has
/// chunks alone.
extension DiskTier {
    /// Opens the tier behind this one, for ``attach(_:)``.
    ///
    /// - Parameter objects: a directory on its disk; exists, and nobody else uses it. What another index has left there is removed.
    public func openFollower(
        objects: String, limit: ByteCount, freeSpaceMin: ByteCount = freeSpaceMinUsual,
        eviction: EvictionRule = .lfuAgeing
    ) throws(CacheDirectoryError) -> DiskTier {
        let directory = core.directory + "/follower"
        try CacheDirectory.make(directory)
        let root = try Self.openObjects(objects)
        let pair = FollowerRemovals.readPair(root)
        let isKnown = pair != nil && pair == core.followerRemovals.pair
        let tier = try DiskTier(
            .storage, directory: directory, objects: objects,
            distrust: isKnown ? nil : "it is of another disk", limit: limit,
            freeSpaceMin: freeSpaceMin, eviction: eviction, rules: rules, pins: core.pins,
            buffers: core.buffers, clock: core.clock, log: core.log)
        if !isKnown {
            do throws(Errno) {
                let pair = FollowerRemovals.Pair.random()
                try FollowerRemovals.write(pair, root)
                try core.followerRemovals.begin(pair)
            } catch {
                tier.close()
                throw .unusable(path: objects, reason: "cannot mark it as this share's", error)
            }
        }
        tier.core.setRemovals(core.followerRemovals)
        return tier
    }

    /// From now on what has to go here moves to the tier behind. Once, before anything is stored.
    public func attach(_ tier: DiskTier) {
        core.next = tier
        core.followerRemovals.attach { [queue, core = tier.core, behind = tier.queue] removals in
            // What was on its way there is in its queue.
            guard queue.wait(for: { _ in true }) == true else { return [] }
            let done = removals.filter { Self.removeUnsaved($0, behind) }
            return core.index.writer.makeRemovalsLast() ? Set(done) : []
        }
    }

    /// What was removed here, or is to be, is not served behind this tier from now on, and goes there.
    func removeBehindDurably(_ removal: Removal) {
        // Nothing of it can be on its way any more.
        if case .file(let path) = removal, overdueRemovals.areNone,
            core.next?.hasNothing(of: path) == true
        {
            return
        }
        core.followerRemovals.note(removal)
    }

    /// Nor will have, after a power failure.
    private func hasNothing(of path: RelativePath) -> Bool {
        // In this order: what leaves the queue has a row, and what has a row is in the index a moment later.
        guard !queue.mayStore(path),
            core.objects.objects(at: path).allSatisfy({ $0.row == .absent || $0.row == .unknown })
        else { return false }
        let known = core.index.read { reader throws(SQLiteError) in try reader.objects(at: path) }
        return known?.isEmpty == true && core.index.writer.removalsLast
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
    ///
    /// - Returns: false where there is no room for what waits.
    func take(
        _ blocks: [LoadedBlock], of chunk: ChunkIndex, _ identity: ObjectIdentity,
        _ record: EntryRecord
    ) -> Bool {
        DiskTierObject(tier: self, object: known(identity))
            .store(
                blocks, of: chunk,
                KeeperQueue.Standing(priority: record.priority, record: record))
    }
}

extension DiskCore {
    /// What was removed here goes behind this tier, too, without anybody waiting. On the keeper's thread: what was on its way has arrived.
    func removeBehind(_ removal: Removal) {
        guard case .file(let path) = removal, let next else {
            return followerRemovals.note(removal)
        }
        next.discard(path)
    }
}

extension EvictionRule {
    var makePolicy: @Sendable (_ age: UInt64) -> ChunkEviction.Policy {
        switch self {
        case .lfuAgeing: { LFUAgingPolicy(age: $0) }
        case .retention: { _ in RetentionPolicy() }
        }
    }
}

extension DiskKeeper {
    /// Offers a chunk that has to go to the next tier.
    func moveOn(_ victim: ChunkEviction.Victim, _ object: DiskObject, _ entry: ChunkEntry) {
        guard let next = core.next else { return }
        let record = core.eviction.leaving(victim)
        guard next.wants(record) else { return }
        let chunk = victim.row.chunk
        let blocks = reader.check(object, chunk, entry, entry.mask).blocks
        // The disk may have hung over it, and it was to be removed meanwhile.
        guard !blocks.isEmpty, overdue.areNone,
            next.take(blocks, of: chunk, object.described, record)
        else { return }
        core.counters.update { figures in
            figures.history[Int(object.contentType.rawValue)].demotions += 1
        }
    }
}
