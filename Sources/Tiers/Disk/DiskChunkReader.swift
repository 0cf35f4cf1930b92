import Model
import Platform

/// Brings blocks from the disk: reads, checks, decompresses. Runs on the disk pool.
///
/// Raw blocks that are neighbours come with one call straight into their buffers; packed ones with one read of
/// what spans them. Whatever fails its checksum is left out, counted, and its chunk handed to the keeper
/// to be removed.
struct DiskChunkReader: Sendable {
    let core: DiskCore
    let scratch: ScratchPool
    /// Takes a chunk that turned out bad; called on the pool's thread.
    let discard: @Sendable (Discard) -> Void

    enum Discard: Sendable {
        /// These contents did not read back.
        case chunk(DiskObject, ChunkIndex, ChunkEntry)
        /// A row of the index that did not.
        case rows(DiskObject, DiskIndex.Damage)
        /// The file that holds the object is not there.
        case object(DiskObject)
    }

    /// The blocks of `wanted` that are on disk and sound, lowest first.
    func load(_ object: DiskObject, _ chunk: ChunkIndex, _ wanted: BlockMask) -> [LoadedBlock] {
        var blocks: [LoadedBlock] = []
        if core.mayTry(.reading), let entry = entry(of: object, chunk) {
            let present = wanted.intersection(entry.mask)
            if !present.isEmpty {
                blocks = read(object, chunk, entry, present)
                if let row = object.chunkRow(chunk), !blocks.isEmpty {
                    core.eviction.touch(row, now: core.clock.wall, pause: core.role.usePause)
                }
            }
        }
        core.counters.update { $0.loads += 1 }
        return blocks
    }

    /// The blocks of a chunk that are on disk by what the index says.
    func stored(_ object: DiskObject, _ chunk: ChunkIndex) -> BlockMask {
        entry(of: object, chunk)?.mask ?? []
    }

    func entry(of object: DiskObject, _ chunk: ChunkIndex) -> ChunkEntry? {
        if case .known(let entry) = object.entry(chunk) { return entry }
        guard let damage = core.index.learn(object, around: chunk) else { return nil }
        if !damage.isEmpty {
            core.noteDamage("damaged index rows", of: object, count: damage.count)
            discard(.rows(object, damage))
        }
        if case .known(let entry) = object.entry(chunk) { return entry }
        return nil
    }

    /// The sound blocks of `mask`, all of which `entry` has; `entry` may be out of date by now.
    func read(
        _ object: DiskObject, _ chunk: ChunkIndex, _ entry: ChunkEntry, _ mask: BlockMask
    ) -> [LoadedBlock] {
        check(object, chunk, entry, mask).blocks
    }

    /// As ``read(_:_:_:_:)``.
    ///
    /// - Returns: with the number of blocks that were not what had been written, and are to be removed.
    func check(
        _ object: DiskObject, _ chunk: ChunkIndex, _ entry: ChunkEntry, _ mask: BlockMask
    ) -> (blocks: [LoadedBlock], damaged: Int) {
        do throws(Errno) {
            let blocks = try contents(of: object, chunk, entry, mask)
            let missing = mask.count - blocks.count
            guard missing > 0, isCurrent(entry, object, chunk) else { return (blocks, 0) }
            core.noteDamage("\(missing) damaged blocks of a file", of: object, count: missing)
            discard(.chunk(object, chunk, entry))
            return (blocks, missing)
        } catch .noSuchFile {
            guard isCurrent(entry, object, chunk) else { return ([], 0) }
            core.noteDamage("a cache file is gone", of: object)
            discard(entry.pack == 0 ? .object(object) : .chunk(object, chunk, entry))
            return ([], mask.count)
        } catch {
            core.fail(.reading, "reading a cache file", error, of: object)
            guard error == .ioError, isCurrent(entry, object, chunk) else { return ([], 0) }
            core.counters.update { $0.damaged += mask.count }
            discard(.chunk(object, chunk, entry))
            return ([], mask.count)
        }
    }

    /// The sound blocks of `mask`, whatever becomes of the others.
    func contents(
        of object: DiskObject, _ chunk: ChunkIndex, _ entry: ChunkEntry, _ mask: BlockMask
    ) throws(Errno) -> [LoadedBlock] {
        do throws(Errno) {
            switch entry.layout {
            case .raw: return try readRaw(object, chunk, entry, mask)
            case .packed: return try readPacked(object, chunk, entry, mask)
            }
        } catch .invalid where entry.pack == 0 && core.files.readsDirectly {
            // Opened past the page cache, and then refused to be read so: some file systems do.
            core.files.giveUpDirect()
            return try contents(of: object, chunk, entry, mask)
        }
    }

    /// Whether the chunk is still where it was when the read began; else it was evicted meanwhile, and what was
    /// read says nothing about the disk.
    private func isCurrent(_ entry: ChunkEntry, _ object: DiskObject, _ chunk: ChunkIndex) -> Bool {
        if case .known(let now?) = object.entry(chunk) { return now.agrees(with: entry) }
        return false
    }

    private func readRaw(
        _ object: DiskObject, _ chunk: ChunkIndex, _ entry: ChunkEntry, _ mask: BlockMask
    ) throws(Errno) -> [LoadedBlock] {
        let geometry = object.identity.geometry
        let descriptor = try core.files.reader(object.identity.key)
        var loaded: [LoadedBlock] = []
        loaded.reserveCapacity(mask.count)
        for run in mask.runs {
            var buffers: [BlockBuffer] = []
            var targets: [UnsafeMutableRawBufferPointer] = []
            var enough = 0
            for block in run {
                let size = geometry.byteRange(of: chunk, block: block).count
                let buffer = core.buffers.buffer(holding: size)
                buffer.setCount(size)
                enough += size
                // Whole pages, as a direct read must; buffers have room for them.
                let rounded = (size + 4095) & ~4095
                targets.append(UnsafeMutableRawBufferPointer(rebasing: buffer.writable[..<rounded]))
                buffers.append(buffer)
            }
            let start = geometry.byteRange(of: chunk, block: run.lowerBound).lowerBound
            let count = try FileCalls.read(
                descriptor.rawValue, into: targets, at: start, enough: enough)
            if !core.files.readsDirectly {
                FileCalls.forgetPages(descriptor.rawValue, start..<(start + Int64(count)))
            }
            var end = 0
            for (block, buffer) in zip(run, buffers) {
                end += buffer.count
                guard end <= count, let stored = entry[block] else { break }
                if XXH3.hash64(buffer.bytes, seed: object.blockSeed(chunk, block)) == stored.sum {
                    loaded.append(LoadedBlock(index: block, buffer: buffer))
                }
            }
        }
        return loaded
    }

    private func readPacked(
        _ object: DiskObject, _ chunk: ChunkIndex, _ entry: ChunkEntry, _ mask: BlockMask
    ) throws(Errno) -> [LoadedBlock] {
        let geometry = object.identity.geometry
        let base = entry.base(chunk: chunk, geometry: geometry)
        var first = Int64.max
        var last: Int64 = 0
        for block in 0..<geometry.blocksPerChunk where mask.contains(block: block) {
            guard let stored = entry[block] else { continue }
            first = min(first, base + Int64(stored.offset))
            last = max(last, base + Int64(stored.offset) + Int64(stored.length))
        }
        guard first < last else { return [] }
        let span = (first & ~4095)..<((last + 4095) & ~4095)
        guard span.count <= ScratchPool.size else { return [] }
        return try scratch.withScratch { (scratch) throws(Errno) in
            let target = UnsafeMutableRawBufferPointer(rebasing: scratch[..<span.count])
            let enough = Int(last - span.lowerBound)
            let count: Int
            if entry.pack == 0 {
                let descriptor = try core.files.reader(object.identity.key)
                count = try FileCalls.read(
                    descriptor.rawValue, into: [target], at: span.lowerBound, enough: enough)
                if !core.files.readsDirectly { FileCalls.forgetPages(descriptor.rawValue, span) }
            } else {
                let descriptor = try core.packs.reader(entry.pack)
                count = try FileCalls.read(
                    descriptor.rawValue, into: [target], at: span.lowerBound, enough: enough)
                // The neighbours that readahead brought stay; these bytes go to the memory tier.
                FileCalls.forgetPages(descriptor.rawValue, span)
            }
            let read = UnsafeRawBufferPointer(rebasing: target[..<count])
            return unpack(object, chunk, entry, mask, from: read, at: span.lowerBound - base)
        }
    }

    /// - Parameters:
    ///   - bytes: a part of the slot.
    ///   - start: where in the slot it begins; negative when it begins before.
    private func unpack(
        _ object: DiskObject, _ chunk: ChunkIndex, _ entry: ChunkEntry, _ mask: BlockMask,
        from bytes: UnsafeRawBufferPointer, at start: Int64
    ) -> [LoadedBlock] {
        let geometry = object.identity.geometry
        var loaded: [LoadedBlock] = []
        loaded.reserveCapacity(mask.count)
        for block in 0..<geometry.blocksPerChunk where mask.contains(block: block) {
            guard let stored = entry[block] else { continue }
            let from = Int(Int64(stored.offset) - start)
            guard from >= 0, from + stored.length <= bytes.count else { continue }
            let source = UnsafeRawBufferPointer(rebasing: bytes[from..<(from + stored.length)])
            guard XXH3.hash64(source, seed: object.blockSeed(chunk, block)) == stored.sum else {
                continue
            }
            let size = geometry.byteRange(of: chunk, block: block).count
            let buffer = core.buffers.buffer(holding: size)
            let target = UnsafeMutableRawBufferPointer(rebasing: buffer.writable[..<size])
            if stored.isCompressed {
                guard LZ4.decompress(source, into: target) == size else { continue }
            } else {
                guard source.count == size else { continue }
                target.copyMemory(from: source)
            }
            buffer.setCount(size)
            loaded.append(LoadedBlock(index: block, buffer: buffer))
        }
        return loaded
    }
}

extension DiskObject {
    /// Key of a chunk in index and policy, nil while nothing of the object is known to be on disk.
    func chunkRow(_ chunk: ChunkIndex) -> ChunkRow? {
        if case .present(let row) = row { ChunkRow(row, chunk) } else { nil }
    }
}

extension ChunkEntry {
    /// Whether what `other` says of its blocks still holds: the same chunk, perhaps with more blocks.
    func agrees(with other: ChunkEntry) -> Bool {
        layout == other.layout && pack == other.pack && packPage == other.packPage
            && other.mask.isSubset(of: mask)
            && (0..<64).allSatisfy { !other.mask.contains(block: $0) || self[$0] == other[$0] }
    }
}
