import Eviction
import Model
import Platform

/// Storing: from blocks in memory to bytes on disk, an entry in the object, and rows for the index.
extension DiskKeeper {
    private static let page: Int64 = 4096

    func store(
        _ object: DiskObject, _ chunk: ChunkIndex, _ blocks: [LoadedBlock],
        _ standing: KeeperQueue.Standing
    ) {
        let identity = object.described
        guard identity.isPersistent, identity.geometry.isCacheable,
            core.mayTry(.writing), core.index.damage == nil, core.index.writingTrouble == nil,
            core.index.writer.hasRoom, learn(object, chunk),
            case .known(let entry) = object.entry(chunk)
        else {
            drop(blocks)
            return
        }
        let new = acceptable(blocks, object, chunk, entry)
        // From another tier it may be an older version than the one that is here.
        if new.isEmpty || standing.record != nil && hasNewerVersion(of: object) { return }
        guard isWithinBudget(new, object, standing) else { return }
        // What the first bytes told came behind other parts of the file, maybe.
        var trial = compression.trial(for: identity, after: object.compression)
        let encoded = encoder.encode(
            object, chunk, new, onto: entry, mayCompress: trial.isWorthTrying)
        guard let encoded else {
            drop(new)
            return
        }
        if let paid = encoded.paid, entry == nil {
            let verdict = trial.note(paid: paid)
            object.compression = trial
            if let verdict { compression.note(identity, paid: verdict) }
        }
        let priority = core.pins.protection(of: identity.path)
        guard makeRoom(roomNeeded(encoded, entry, object), pinned: priority) else {
            drop(new)
            return
        }
        do throws(Errno) {
            let written =
                object.isSmall
                ? try writeToPack(encoded)
                : try writeToFile(encoded, new, object, chunk, entry)
            publish(written, encoded, object, chunk, standing)
            core.succeed(.writing)
            core.counters.update { figures in
                figures.stored += new.count
                let bytes = new.reduce(0) { $0 + Int64($1.buffer.count) }
                figures.storedBytes += bytes
                let type = Int(object.contentType.rawValue)
                figures.history[type].writtenBytes += UInt64(bytes)
                figures.history[type].packedBytes += UInt64(encoded.length)
            }
        } catch {
            drop(new)
            core.fail(.writing, "writing a cache file", error, of: object)
        }
    }

    /// What is pinned is written in any case.
    private func isWithinBudget(
        _ blocks: [LoadedBlock], _ object: DiskObject, _ standing: KeeperQueue.Standing
    ) -> Bool {
        let bytes = blocks.reduce(0) { $0 + $1.buffer.count }
        if budget.take(
            bytes, perDay: core.writesPerDay, priority: standing.priority,
            at: core.clock.monotonic) || core.pins.protects(object.identity.path)
        {
            return true
        }
        core.counters.update { figures in
            figures.history[Int(object.contentType.rawValue)].rejections += UInt64(blocks.count)
        }
        return false
    }

    private func drop(_ blocks: [LoadedBlock]) {
        core.counters.update { $0.dropped += blocks.count }
    }

    /// The blocks that are worth writing: not stored yet, and of the length that they must have.
    private func acceptable(
        _ blocks: [LoadedBlock], _ object: DiskObject, _ chunk: ChunkIndex, _ entry: ChunkEntry?
    ) -> [LoadedBlock] {
        let geometry = object.identity.geometry
        var seen = entry?.mask ?? []
        let possible = geometry.allBlocks(of: chunk)
        return blocks.filter { block in
            guard (0..<geometry.blocksPerChunk).contains(block.index),
                possible.contains(block: block.index), !seen.contains(block: block.index),
                block.buffer.count == geometry.byteRange(of: chunk, block: block.index).count
            else { return false }
            seen.insert(BlockMask(block.index..<(block.index + 1)))
            return true
        }
    }

    /// Bytes of the file system that writing may take: the pages, a page for what the file system needs to
    /// find them, and directories for a new object.
    private func roomNeeded(
        _ encoded: ChunkEncoder.Encoded, _ entry: ChunkEntry?, _ object: DiskObject
    ) -> Int64 {
        let length = Int64(encoded.length)
        let pages =
            encoded.layout == .packed
            ? (length + Self.page - 1) / Self.page
            : encoded.blocks.reduce(0) { $0 + (Int64($1.block.length) + Self.page - 1) / Self.page }
        let isNew = object.row == .absent && !object.isSmall
        return (pages + 1 + (isNew ? 2 : 0)) * Self.page
    }

    /// An entry as it is after writing, without the new blocks.
    private func writeToPack(_ encoded: ChunkEncoder.Encoded) throws(Errno) -> ChunkEntry {
        guard let bytes = encoded.packed else { throw Errno.invalid }
        let (place, left) = try packs.place(bytes.count)
        if let left { leave(left) }
        let descriptor = place.descriptor
        let before = try allocated(descriptor)
        do throws(Errno) {
            try FileCalls.write(descriptor.rawValue, bytes, at: place.offset)
        } catch {
            let range = place.offset..<(place.offset + Int64(bytes.count))
            try? FileCalls.punchHole(descriptor.rawValue, range)
            charge(((try? allocated(descriptor)) ?? before) - before, .packs)
            throw error
        }
        let grown = try allocated(descriptor) - before
        charge(grown, .packs)
        var entry = ChunkEntry(layout: .packed, allocated: Int(grown))
        entry.pack = place.pack
        entry.packPage = place.page
        return entry
    }

    /// A pack is full: what the file system allocated late is accounted for.
    private func leave(_ pack: PackAppender.Left) {
        let before = (try? allocated(pack.descriptor)) ?? 0
        let whole = 0..<(PackFiles.sizeMax + PackFiles.smallFileMax)
        FileCalls.startWriting(pack.descriptor.rawValue, whole)
        charge(((try? allocated(pack.descriptor)) ?? before) - before, .packs)
        removeIfEmpty(pack: pack.number)
    }

    private func writeToFile(
        _ encoded: ChunkEncoder.Encoded, _ blocks: [LoadedBlock], _ object: DiskObject,
        _ chunk: ChunkIndex, _ known: ChunkEntry?
    ) throws(Errno) -> ChunkEntry {
        let geometry = object.identity.geometry
        let slot = Int64(chunk.value) * Int64(geometry.chunkSize)
        let descriptor = try writer(of: object)
        let before = try allocated(descriptor)
        var entry = known ?? ChunkEntry(layout: encoded.layout)
        do throws(Errno) {
            if let bytes = encoded.packed, let first = encoded.blocks.first?.block.offset {
                try FileCalls.write(descriptor.rawValue, bytes, at: slot + Int64(first))
            } else {
                for (block, stored) in zip(blocks, encoded.blocks) {
                    try FileCalls.write(
                        descriptor.rawValue, block.buffer.bytes,
                        at: slot + Int64(stored.block.offset))
                }
            }
        } catch {
            undo(descriptor, object, chunk, known, before: before)
            throw error
        }
        // Starts the write-back, too: only then a file system that allocates late has allocated, its own blocks
        // to find the data included.
        let start = slot + Int64(encoded.blocks.first?.block.offset ?? 0)
        written.note(descriptor, start..<(slot + Int64(geometry.chunkSize)))
        let grown = try allocated(descriptor) - before
        charge(grown, SpacePlace(object.identity.key))
        entry.allocated = max(0, entry.allocated + Int(grown))
        return entry
    }

    /// After a write that failed half-way: what it took is given back, or accounted for.
    private func undo(
        _ descriptor: DescriptorReference, _ object: DiskObject, _ chunk: ChunkIndex,
        _ known: ChunkEntry?, before: Int64
    ) {
        if known == nil {
            let start = Int64(chunk.value) * Int64(object.identity.geometry.chunkSize)
            let slot = start..<(start + Int64(object.identity.geometry.chunkSize))
            try? FileCalls.punchHole(descriptor.rawValue, slot)
        }
        let place = SpacePlace(object.identity.key)
        charge(((try? allocated(descriptor)) ?? before) - before, place)
        if object.row == .absent {
            writers.remove(.object(object.identity.key))
            let freed = (try? core.files.remove(object.identity.key)) ?? 0
            charge(-freed, place)
        }
    }

    /// A descriptor for writing; new directories are accounted for.
    func writer(of object: DiskObject) throws(Errno) -> DescriptorReference {
        let key = object.identity.key
        return try writers.descriptor(.object(key)) { () throws(Errno) in
            let size = object.identity.geometry.fileSize
            var directoryBytes: Int64 = 0
            defer { charge(directoryBytes, SpacePlace(key)) }
            return try core.files.open(key, size: size, directoryBytes: &directoryBytes)
        }
    }

    func allocated(_ descriptor: DescriptorReference) throws(Errno) -> Int64 {
        try FileCalls.attributes(of: descriptor.rawValue).blocks * 512
    }

    /// The data is written: now the object says so, then the index.
    private func publish(
        _ written: ChunkEntry, _ encoded: ChunkEncoder.Encoded, _ object: DiskObject,
        _ chunk: ChunkIndex, _ standing: KeeperQueue.Standing
    ) {
        var operations: [IndexOperation] = []
        let row: ObjectRow
        switch object.row {
        case .present(let known):
            row = known
        case .absent, .unknown:
            removeOlderVersions(of: object)
            lastRow += 1
            guard let fresh = ObjectRow(lastRow) else {
                // Two thousand million objects later; the next start sets the index aside.
                core.totals.isTrusted = false
                return
            }
            row = fresh
            object.create(row)
            core.objects.note(row, object)
            noteVersion(object.identity, at: row)
            core.totals.add(objects: 1)
            operations.append(.putObject(row, object))
        }
        var isNew = true
        if case .known(.some) = object.entry(chunk) { isNew = false }
        var entry = written
        for (index, block) in encoded.blocks { entry.set(index, block) }
        object.set(chunk, entry)
        if isNew { core.totals.add(chunks: 1) }
        let chunkRow = ChunkRow(row, chunk)
        let usage = core.eviction.insert(
            chunkRow,
            EntryTraits(
                size: entry.allocated, type: object.contentType, priority: standing.priority),
            standing.record, now: core.clock.wall)
        operations.append(.putChunk(chunkRow, entry, usage, object))
        core.index.writer.enqueue(operations)
    }

    /// By the files' own times, which is all that two tiers have in common.
    private func hasNewerVersion(of object: DiskObject) -> Bool {
        if case .present = object.row { return false }
        let path = object.identity.path
        let versions = core.index.read { reader throws(SQLiteError) in
            try reader.objects(at: path)
        }
        guard let versions else { return true }
        let living = core.objects.objects(at: path).filter {
            $0.row != .absent && $0.row != .unknown
        }
        let time = object.identity.fingerprint.modified
        return (versions + living.map(\.identity)).contains {
            $0 != object.identity && $0.fingerprint.modified >= time
        }
    }

    /// The share has one version of a file: what was kept of others is of no use to anybody.
    private func removeOlderVersions(of object: DiskObject) {
        let path = object.identity.path
        let versions = core.index.read { reader throws(SQLiteError) in
            try reader.objects(at: path)
        }
        for identity in versions ?? [] where identity != object.identity {
            remove(core.objects.object(identity))
        }
    }
}
