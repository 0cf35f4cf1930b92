import Model
import Platform

/// Looks through all files after an end that was not clean, a step at a time on the keeper's thread: removes
/// objects without rows, frees slots and pages without rows, and counts what is really there.
///
/// Nothing is stored meanwhile, so that the rows and the files hold still.
struct DiskSweep {
    private enum Stage {
        case rows
        case packs
        case leaves(outer: Int, inner: [String])
        /// The index cannot tell what is known: nothing may be taken for unknown.
        case abandoned
    }

    /// Pages of packs that some row speaks of, by pack; rows are believed without checking their seals, so that
    /// a damaged one costs space and no data.
    private var live: [UInt32: [Range<Int64>]] = [:]
    private var stage = Stage.rows
    private var bytes: Int64 = 0
    private var chunks: Int64 = 0
    private var objects: Int64 = 0
    private var lastRow: Int64 = 0
    private var lastChunk = Int64.min
    private var removed = 0

    /// - Returns: true when all is done.
    mutating func step(_ keeper: DiskKeeper) -> Bool {
        switch stage {
        case .rows:
            switch readRows(keeper) {
            case true?: stage = .packs
            case false?: break
            case nil: stage = .abandoned
            }
            return false
        case .abandoned:
            keeper.distrustTotals()
            return true
        case .packs:
            sweepPacks(keeper)
            stage = .leaves(outer: 0, inner: [])
            return false
        case .leaves(let outer, var inner):
            if let leaf = inner.popLast() {
                stage =
                    sweepLeaf(leaf, keeper) ? .leaves(outer: outer, inner: inner) : .abandoned
                return false
            }
            if outer > 0 { closeOuter(outer - 1, keeper) }
            if outer > 0xFF {
                finish(keeper)
                return true
            }
            stage = .leaves(outer: outer + 1, inner: openOuter(outer, keeper))
            return false
        }
    }

    private func finish(_ keeper: DiskKeeper) {
        keeper.core.totals.set(bytes: bytes, objects: objects, chunks: chunks)
        keeper.core.totals.isTrusted = true
        if removed > 0 {
            keeper.core.log(
                .info,
                "cache \(keeper.core.directory): removed \(removed) cache files that no index row knows"
            )
        }
    }

    /// - Returns: true when all rows were seen, nil when the index cannot be read.
    private mutating func readRows(_ keeper: DiskKeeper) -> Bool? {
        let batchSize = 4096
        var found: [(ChunkRow, UInt32, Range<Int64>)] = []
        var count = 0
        var last = lastChunk
        let start = last == .min ? .min : last + 1
        let answer: Void? = keeper.core.index.read { reader throws(SQLiteError) in
            try reader.chunks(in: start...Int64.max, limit: batchSize) { row, record in
                count += 1
                last = row.number
                if let (pack, pages) = ChunkEntry.packPages(record) {
                    found.append((row, pack, pages))
                }
            }
        }
        lastChunk = last
        chunks += Int64(count)
        for (_, pack, pages) in found { live[pack, default: []].append(pages) }
        guard answer != nil else { return nil }
        if count == batchSize { return false }
        let after = lastRow
        let batch = keeper.core.index.read { reader throws(SQLiteError) in
            try reader.objects(after: after, limit: batchSize)
        }
        guard let batch else { return nil }
        guard let end = batch.last?.row else { return true }
        objects += Int64(batch.count)
        lastRow = end
        return false
    }

    private mutating func sweepPacks(_ keeper: DiskKeeper) {
        // Power loss may have taken a pack that rows speak of: its number is not another's.
        let totals = keeper.core.totals
        totals.lastPack = max(totals.lastPack, live.keys.max() ?? 0)
        guard let numbers = try? keeper.core.packs.numbers() else { return }
        for number in numbers {
            guard let descriptor = try? keeper.core.packs.openExisting(number),
                let size = try? FileCalls.attributes(of: descriptor.rawValue).size
            else { continue }
            var position: Int64 = 0
            for pages in (live[number] ?? []).sorted(by: { $0.lowerBound < $1.lowerBound }) {
                free(descriptor.rawValue, position..<max(position, pages.lowerBound))
                position = max(position, pages.upperBound)
            }
            // To the end of the last page: half a page would be zeroed and kept.
            let end = (size + 4095) & ~4095
            free(descriptor.rawValue, position..<max(position, end))
            let left = (try? FileCalls.attributes(of: descriptor.rawValue).blocks) ?? 0
            if PackFiles.isEmpty(descriptor.rawValue) {
                try? keeper.core.packs.remove(number)
            } else {
                bytes += left * 512
            }
        }
        live = [:]
    }

    private func free(_ descriptor: Int32, _ range: Range<Int64>) {
        if !range.isEmpty { try? FileCalls.punchHole(descriptor, range) }
    }

    private static func outerPath(_ number: Int) -> String {
        let digits = String(number, radix: 16)
        return "objects/" + (digits.count < 2 ? "0" + digits : digits)
    }

    /// Counts `objects/xx`, or removes it if nothing is left in it.
    private mutating func closeOuter(_ number: Int, _ keeper: DiskKeeper) {
        let path = Array(Self.outerPath(number).utf8)
        if (try? FileCalls.removeDirectory(at: keeper.core.objectsRoot.rawValue, path)) == nil {
            bytes += keeper.core.files.allocated(path)
        }
    }

    /// Leaf directories below `objects/xx`.
    private mutating func openOuter(_ number: Int, _ keeper: DiskKeeper) -> [String] {
        let path = Self.outerPath(number)
        guard let names = keeper.core.names(in: path) else { return [] }
        return names.map { path + "/" + $0 }
    }

    /// - Returns: false when the index cannot be read.
    private mutating func sweepLeaf(_ path: String, _ keeper: DiskKeeper) -> Bool {
        let root = keeper.core.objectsRoot.rawValue
        for name in keeper.core.names(in: path) ?? [] {
            let file = Array((path + "/" + name).utf8)
            var known: (row: ObjectRow, identity: ObjectIdentity)?
            if let key = ObjectKey(hexadecimal: name) {
                guard let found = object(key, keeper) else { return false }
                known = found
            }
            guard let object = known else {
                if (try? FileCalls.unlink(at: root, file)) != nil { removed += 1 }
                continue
            }
            freeUnknownSlots(of: object, file, keeper)
            bytes += keeper.core.files.allocated(file)
        }
        if (try? FileCalls.removeDirectory(at: root, Array(path.utf8))) == nil {
            bytes += keeper.core.files.allocated(Array(path.utf8))
        }
        return true
    }

    /// The row and identity of an object that has a file of its own, nil in it if it has no row; nil when the index cannot be
    /// read.
    private func object(
        _ key: ObjectKey, _ keeper: DiskKeeper
    ) -> (row: ObjectRow, identity: ObjectIdentity)?? {
        keeper.core.index.read {
            reader throws(SQLiteError) -> (row: ObjectRow, identity: ObjectIdentity)? in
            guard case .present(let row) = try reader.object(key),
                let identity = try reader.identity(of: row)
            else { return nil }
            return (row, identity)
        }
    }

    /// Frees slots that hold data and have no row.
    private func freeUnknownSlots(
        of object: (row: ObjectRow, identity: ObjectIdentity), _ file: [UInt8], _ keeper: DiskKeeper
    ) {
        var known: Set<UInt32> = []
        let answer: Void? = keeper.core.index.read { reader throws(SQLiteError) in
            try reader.usage(in: object.row.chunkKeys) { row, _ in known.insert(row.chunk.value) }
        }
        guard answer != nil,
            let descriptor = try? FileCalls.open(
                beneath: keeper.core.objectsRoot.rawValue, file, [.readWrite])
        else { return }
        let size = Int64(object.identity.geometry.chunkSize)
        var position: Int64 = 0
        while let found = try? FileCalls.nextData(descriptor.rawValue, from: position),
            let data = found as Int64?,
            let end = try? FileCalls.nextHole(descriptor.rawValue, from: data)
        {
            for chunk in (data / size)...((end - 1) / size)
            where !known.contains(UInt32(truncatingIfNeeded: chunk)) {
                free(descriptor.rawValue, (chunk * size)..<((chunk + 1) * size))
            }
            position = max(end, position + 1)
        }
    }
}

extension ObjectKey {
    /// nil unless `text` is 64 lower-case hexadecimal digits.
    init?(hexadecimal text: String) {
        let digits = Array(text.utf8)
        guard digits.count == 64 else { return nil }
        var bytes: [UInt8] = []
        var high: UInt8?
        for digit in digits {
            let value: UInt8
            switch digit {
            case 0x30...0x39: value = digit - 0x30
            case 0x61...0x66: value = digit - 0x61 + 10
            default: return nil
            }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        self.init(bytes: bytes)
    }
}

extension ChunkEntry {
    /// The pages of a pack that a record claims, without checking its seal; nil for a chunk in its own file.
    static func packPages(_ record: UnsafeRawBufferPointer) -> (pack: UInt32, pages: Range<Int64>)?
    {
        var reader = ByteReader(record)
        guard reader.fixed(UInt8.self) == Layout.packed.rawValue else { return nil }
        let pack = reader.variable(as: UInt32.self)
        let page = Int64(reader.variable(as: UInt32.self))
        _ = reader.variable()  // allocated
        _ = reader.variable()  // mask
        _ = reader.variable()  // offset
        let length = Int64(reader.variable(as: UInt32.self) >> 1)
        guard !reader.failed, pack != 0, length <= PackFiles.smallFileMax else { return nil }
        let alignment = Int64(PackFiles.alignment)
        let pages = (length + alignment - 1) / alignment
        return (pack, page * alignment..<(page + pages) * alignment)
    }
}
