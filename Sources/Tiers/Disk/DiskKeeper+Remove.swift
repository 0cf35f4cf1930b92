import Model
import Platform

/// Making room and removing: chunks by punching their place, objects by unlinking their file.
extension DiskKeeper {
    /// Room kept for what commits add to the index before it is measured again; a part of small limits.
    private var indexReserve: Int64 { Self.indexReserve(core) }

    static func indexReserve(_ core: DiskCore) -> Int64 { min(2 << 20, core.limit / 8) }

    /// Evicts until `bytes` more fit under the limit and leave the file system its free space. What is pinned goes after everything
    /// else: for the limit's sake all of it, for a chunk that is to be stored what matters less than that.
    ///
    /// - Parameters:
    ///   - bytes: 0: nothing is to be stored.
    ///   - priority: with which it is pinned; nil where it is not.
    /// - Returns: false when they do not fit, whatever is evicted, or nothing can be evicted now.
    func makeRoom(_ bytes: Int64, pinned priority: PinPriority? = nil) -> Bool {
        hasFailedToFree = false
        // Nothing to store: only what is above the limit itself must go.
        let wanted = bytes == 0 ? 0 : bytes + indexReserve
        while core.used + wanted > core.limit {
            guard evictOne() || evictPinned(for: bytes, priority) else { return false }
        }
        guard
            let available = try? FileCalls.fileSystem(of: core.objectsRoot.rawValue).bytesAvailable
        else {
            return true
        }
        // By what we measure of our own: others may write while we free, and the file system may be late to
        // say what it got back.
        let needed = core.freeSpaceMin + bytes + indexReserve
        var missing = needed - available
        if missing <= 0 { return true }
        while missing > 0 {
            let before = core.totals.dataBytes
            guard evictOne() || evictPinned(for: bytes, priority) else { break }
            missing -= before - core.totals.dataBytes
        }
        let now = try? FileCalls.fileSystem(of: core.objectsRoot.rawValue).bytesAvailable
        if (now ?? available) >= needed { return true }
        if bytes > 0 {
            let kept = ByteCount(core.freeSpaceMin)
            core.fail(
                .writing, "others fill the cache's file system (\(kept) are kept free)", .noSpace)
        }
        return false
    }

    /// Lets the chunk go that is worth least; where somebody has pinned it, takes it out of those that may go.
    ///
    /// - Returns: false when there is none, or the index or the disk lets none go now.
    private func evictOne() -> Bool {
        guard !hasFailedToFree, core.index.writer.hasRoom, let victim = core.eviction.victim()
        else {
            return false
        }
        return letGo(victim, unlessPinned: true)
    }

    /// Lets something go that is pinned, where nothing else is left: see ``makeRoom(_:pinned:)``.
    private func evictPinned(for bytes: Int64, _ priority: PinPriority?) -> Bool {
        guard bytes == 0 || priority != nil, !hasFailedToFree, core.index.writer.hasRoom,
            let victim = core.eviction.pinnedVictim(below: bytes == 0 ? nil : priority)
        else { return false }
        return letGo(victim, unlessPinned: false)
    }

    /// Lets go what nobody has used since it came, longer ago than the tier's time to live.
    func cleanUp() {
        let life = core.timeToLive
        guard life > 0, sweep == nil else { return }
        let time = Timestamp(seconds: core.clock.wall.seconds - life)
        hasFailedToFree = false
        for row in core.eviction.unused(since: time) {
            guard !queue.isStopping, !hasFailedToFree else { return }
            // The index gets time to keep up.
            if !core.index.writer.hasRoom { core.index.writer.flush() }
            guard let victim = core.eviction.takeUnused(row, since: time) else { continue }
            // It cannot be told now what it is of.
            guard letGo(victim, unlessPinned: true) else { return }
        }
    }

    private func letGo(_ victim: ChunkEviction.Victim, unlessPinned: Bool) -> Bool {
        let found = victim.row.object.map { object(at: $0) } ?? .absent
        guard case .found(let object) = found else {
            if case .unknown = found {
                core.eviction.putBack(victim)
                return false
            }
            // A row that leads nowhere: its object's row is damaged.
            core.index.writer.enqueue([.removeChunk(victim.row, nil)])
            return true
        }
        guard learn(object, victim.row.chunk) else {
            core.eviction.putBack(victim)
            return false
        }
        guard case .known(let entry?) = object.entry(victim.row.chunk),
            object.row == victim.row.object.map({ .present($0) })
        else {
            // The chunk went another way.
            core.index.writer.enqueue([.removeChunk(victim.row, nil)])
            return true
        }
        if unlessPinned, let priority = core.pins.protection(of: object.identity.path) {
            core.eviction.pin(victim, priority)
            // It may have been given free meanwhile, or matter more or less.
            if core.pins.protection(of: object.identity.path) != priority {
                core.eviction.unpinAll()
            }
            return true
        }
        moveOn(victim, object, entry)
        core.counters.update { figures in
            figures.history[Int(object.contentType.rawValue)].evictions += 1
        }
        remove(object, victim.row.chunk, entry)
        return true
    }

    enum Found {
        case found(DiskObject)
        case absent
        /// The index cannot tell now.
        case unknown
    }

    func object(at row: ObjectRow) -> Found {
        if let known = core.objects.object(at: row) { return .found(known) }
        let identity = core.index.read { reader throws(SQLiteError) in
            try reader.identity(of: row)
        }
        guard let found = identity else { return .unknown }
        guard let identity = found else { return .absent }
        let object = core.objects.object(identity)
        core.objects.note(row, object)
        return .found(object)
    }

    /// Removes one chunk; its object too when that was the last.
    func remove(_ object: DiskObject, _ chunk: ChunkIndex, _ entry: ChunkEntry) {
        guard case .present(let row) = object.row else { return }
        if let count = object.chunkCount, count <= 1 {
            remove(object)
            return
        }
        object.set(chunk, nil)
        let chunkRow = ChunkRow(row, chunk)
        core.eviction.remove(chunkRow)
        core.totals.add(chunks: -1)
        core.index.writer.enqueue([.removeChunk(chunkRow, object)])
        if entry.pack != 0 {
            punch(entry, object.identity.geometry, chunk)
            return
        }
        let size = Int64(object.identity.geometry.chunkSize)
        let start = Int64(chunk.value) * size
        do throws(Errno) {
            let descriptor = try writer(of: object)
            let before = try allocated(descriptor)
            try FileCalls.punchHole(descriptor.rawValue, start..<(start + size))
            charge(try allocated(descriptor) - before, SpacePlace(object.identity.key))
        } catch {
            noteNotFreed()
            core.fail(.writing, "freeing a part of a cache file", error, of: object)
        }
    }

    private func noteNotFreed() {
        hasFailedToFree = true
        distrustTotals()
    }

    /// Gives the pages of a chunk in a pack back.
    private func punch(_ entry: ChunkEntry, _ geometry: ChunkGeometry, _ chunk: ChunkIndex) {
        let base = entry.base(chunk: chunk, geometry: geometry)
        let alignment = PackFiles.alignment
        let length = Int64((entry.packedEnd + alignment - 1) & ~(alignment - 1))
        do throws(Errno) {
            let descriptor = try packDescriptor(entry.pack)
            let before = try allocated(descriptor)
            try FileCalls.punchHole(descriptor.rawValue, base..<(base + length))
            charge(try allocated(descriptor) - before, .packs)
            removeIfEmpty(pack: entry.pack)
        } catch .noSuchFile {
            // Somebody removed the pack; what it held is not there to be freed, and the totals are off.
            distrustTotals()
        } catch {
            noteNotFreed()
            core.fail(.writing, "freeing a part of pack \(entry.pack)", error)
        }
    }

    private func packDescriptor(_ number: UInt32) throws(Errno) -> DescriptorReference {
        if let descriptor = packs.descriptor(of: number) { return descriptor }
        return try writers.descriptor(.pack(number)) { () throws(Errno) in
            try core.packs.openExisting(number)
        }
    }

    /// Unlinks a pack that holds nothing; the one that is being filled, too.
    func removeIfEmpty(pack number: UInt32) {
        guard let descriptor = try? packDescriptor(number),
            let left = try? allocated(descriptor), PackFiles.isEmpty(descriptor.rawValue)
        else { return }
        packs.leave(number)
        writers.remove(.pack(number))
        if (try? core.packs.remove(number)) != nil { charge(-left, .packs) }
    }

    /// Removes an object with all its chunks.
    ///
    /// - Returns: its chunks, and bytes of the file system that came free; nil when the index cannot tell what there is.
    @discardableResult
    func remove(_ object: DiskObject) -> DroppedChunks? {
        guard learn(object, ChunkIndex(0)) else { return nil }
        guard case .present(let row) = object.row else { return DroppedChunks() }
        // The index gets time to keep up.
        if !core.index.writer.hasRoom { core.index.writer.flush() }
        let before = core.totals.dataBytes
        var chunks = Set(object.chunksAtHand)
        _ = core.index.read { reader throws(SQLiteError) in
            try reader.usage(in: row.chunkKeys) { chunkRow, _ in chunks.insert(chunkRow.chunk) }
        }
        let entries = chunks.compactMap { chunk -> (ChunkIndex, ChunkEntry)? in
            guard object.isSmall, case .known(let entry?) = object.entry(chunk) else { return nil }
            return (chunk, entry)
        }
        core.totals.add(objects: -1, chunks: -Int64(object.chunkCount ?? 0))
        object.clear()
        noteVersionRemoved()
        for chunk in chunks { core.eviction.remove(ChunkRow(row, chunk)) }
        core.index.writer.enqueue([.removeObject(row, object)])
        if object.isSmall {
            for (chunk, entry) in entries where entry.pack != 0 {
                punch(entry, object.identity.geometry, chunk)
            }
        } else {
            removeFile(object)
        }
        return DroppedChunks(chunks: chunks.count, bytes: before - core.totals.dataBytes)
    }

    private func removeFile(_ object: DiskObject) {
        writers.remove(.object(object.identity.key))
        do throws(Errno) {
            let freed = try core.files.remove(object.identity.key)
            charge(-freed, SpacePlace(object.identity.key))
        } catch {
            noteNotFreed()
            core.fail(.writing, "removing a cache file", error, of: object)
        }
    }

    /// Removes what damaged rows of the index stood for.
    func remove(_ damage: DiskIndex.Damage, of object: DiskObject) {
        if let row = damage.row {
            // Its chunks cannot be told from anything any more.
            var chunks: [ChunkRow] = []
            _ = core.index.read { reader throws(SQLiteError) in
                try reader.usage(in: row.chunkKeys) { chunkRow, _ in chunks.append(chunkRow) }
            }
            for chunk in chunks { core.eviction.remove(chunk) }
            core.totals.add(objects: -1, chunks: -Int64(chunks.count))
            core.index.writer.enqueue([.removeObject(row, nil)])
            if object.row == .absent, !object.isSmall { removeFile(object) }
            // Pages of a pack that only this row knew are found by the next sweep.
            if object.isSmall { distrustTotals() }
        }
        guard case .present(let row) = object.row else { return }
        for chunk in damage.chunks {
            if case .known(.some) = object.entry(chunk) { continue }
            let chunkRow = ChunkRow(row, chunk)
            core.eviction.remove(chunkRow)
            distrustTotals()
            core.index.writer.enqueue([.removeChunk(chunkRow, nil)])
        }
    }

    func handle(_ discard: DiskChunkReader.Discard) {
        switch discard {
        case .chunk(let object, let chunk, let failed):
            guard learn(object, chunk), case .known(let entry?) = object.entry(chunk),
                entry.agrees(with: failed)
            else { return }
            remove(object, chunk, entry)
        case .rows(let object, let damage):
            remove(damage, of: object)
        case .object(let object):
            remove(object)
            // The file's bytes went without us.
            distrustTotals()
        }
    }

    /// Removes all objects at and below `path`; everything when it is nil.
    ///
    /// - Parameter counted: files that are not to be counted again.
    func evict(
        _ path: RelativePath?, counted: Set<RelativePath> = []
    ) -> DiskTier.Eviction {
        var eviction = DiskTier.Eviction()
        func evict(_ identity: ObjectIdentity) {
            if let path, !identity.path.components.starts(with: path.components) { return }
            guard let dropped = remove(core.objects.object(identity)) else {
                eviction.isComplete = false
                return
            }
            eviction.dropped += dropped
            if dropped.chunks > 0, !counted.contains(identity.path) { eviction.files += 1 }
        }
        if !forEachObject(evict) { eviction.isComplete = false }
        return eviction
    }

    /// Goes through all objects; those that are in use may come twice.
    ///
    /// - Returns: false where the index cannot tell which there are, or the keeper is stopped meanwhile.
    func forEachObject(_ body: (ObjectIdentity) -> Void) -> Bool {
        // What is not committed is not found by walking the rows.
        for object in core.objects.all { body(object.identity) }
        return forEachRow { _, identity in
            body(identity)
            return true
        }
    }

    /// Goes through all objects that the index has.
    ///
    /// - Parameter body: false ends it.
    /// - Returns: as ``forEachObject(_:)``.
    func forEachRow(_ body: (ObjectRow, ObjectIdentity) -> Bool) -> Bool {
        var last: Int64 = 0
        while !queue.isStopping {
            let start = last
            let batch = core.index.read { reader throws(SQLiteError) in
                try reader.objects(after: start, limit: 512)
            }
            guard let batch else { return false }
            guard let end = batch.last?.row else { return true }
            last = end
            for case (let number, let identity?) in batch {
                guard let row = ObjectRow(number) else { continue }
                if !body(row, identity) { return true }
            }
        }
        return false
    }

    /// Removes every version of one file.
    ///
    /// - Returns: false when the index cannot tell which there are.
    func discard(_ path: RelativePath) -> Bool {
        let versions = core.index.read { reader throws(SQLiteError) in
            try reader.objects(at: path)
        }
        // What is not committed belongs to an object that lives.
        let living = core.objects.objects(at: path)
        guard let versions else { return false }
        var isDone = true
        for object in living + versions.map({ core.objects.object($0) }) {
            if remove(object) == nil { isDone = false }
        }
        return isDone
    }
}
