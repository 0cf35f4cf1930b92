import Model
import Platform

/// Where one chunk's blocks lie on disk, and what their stored bytes hash to.
struct ChunkEntry: Hashable, Sendable {
    enum Layout: UInt8, Sendable {
        /// Block *b* at its natural place, uncompressed: a complete object is a plain copy of the file.
        case raw = 0
        /// Blocks one behind the other from the start of the slot, in the order in which they came.
        case packed = 1
    }

    /// One stored block in 16 bytes.
    struct Block: Hashable, Sendable {
        private static let compressedBit: UInt32 = 1 << 31

        /// Bytes from the start of the chunk's slot.
        var offset: UInt32
        private var lengthAndCodec: UInt32
        /// XXH3 of the stored bytes, seeded with object, chunk and block.
        var sum: UInt64

        init(offset: UInt32, length: Int, isCompressed: Bool, sum: UInt64) {
            self.offset = offset
            lengthAndCodec = UInt32(length) | (isCompressed ? Self.compressedBit : 0)
            self.sum = sum
        }

        /// Stored bytes.
        var length: Int { Int(lengthAndCodec & ~Self.compressedBit) }
        /// LZ4, or as it came.
        var isCompressed: Bool { lengthAndCodec & Self.compressedBit != 0 }
    }

    var layout: Layout
    /// Number of the pack file that holds the chunk; 0 for the object's own file.
    var pack: UInt32 = 0
    /// In a pack: where the chunk starts, in units of ``PackFiles/alignment``.
    var packPage: UInt32 = 0
    /// Bytes of the file system that the chunk occupies, as measured when it was written.
    var allocated: Int
    private(set) var mask: BlockMask = []
    /// In the order of the bits of ``mask``.
    private(set) var blocks: [Block] = []

    init(layout: Layout, allocated: Int = 0) {
        self.layout = layout
        self.allocated = allocated
    }

    private func position(of block: Int) -> Int {
        (mask.rawValue & ((1 << UInt64(block)) - 1)).nonzeroBitCount
    }

    subscript(block: Int) -> Block? {
        mask.contains(block: block) ? blocks[position(of: block)] : nil
    }

    /// Adds or replaces a block.
    mutating func set(_ index: Int, _ block: Block) {
        let position = position(of: index)
        if mask.contains(block: index) {
            blocks[position] = block
        } else {
            blocks.insert(block, at: position)
            mask.insert(BlockMask(index..<(index + 1)))
        }
    }

    /// Bytes of the slot that packed blocks use, from its start.
    var packedEnd: Int {
        blocks.reduce(0) { max($0, Int($1.offset) + $1.length) }
    }

    /// File offset of the slot: in the object's file, or in its pack.
    func base(chunk: ChunkIndex, geometry: ChunkGeometry) -> Int64 {
        pack == 0
            ? Int64(chunk.value) * Int64(geometry.chunkSize)
            : Int64(packPage) * Int64(PackFiles.alignment)
    }
}

extension ChunkEntry {
    /// Layout u8, pack, pack page, allocated, mask (variable each); then per block its sum (u64), and in
    /// the packed layout before it offset and length × 2 + codec (variable each); seal.
    func encoded(seed: UInt64) -> [UInt8] {
        var writer = ByteWriter(reserving: 32 + blocks.count * 16)
        writer.fixed(layout.rawValue)
        writer.variable(UInt64(pack))
        writer.variable(UInt64(packPage))
        writer.variable(UInt64(allocated))
        writer.variable(mask.rawValue)
        for block in blocks {
            if layout == .packed {
                writer.variable(UInt64(block.offset))
                writer.variable(UInt64(block.length) << 1 | (block.isCompressed ? 1 : 0))
            }
            writer.fixed(block.sum)
        }
        return SealedRecord.seal(writer, seed: seed)
    }

    /// nil for anything that is not an entry of this chunk in a file of this geometry.
    init?(
        _ bytes: UnsafeRawBufferPointer, seed: UInt64, chunk: ChunkIndex, geometry: ChunkGeometry
    ) {
        guard var reader = SealedRecord.open(bytes, seed: seed),
            let layout = Layout(rawValue: reader.fixed())
        else { return nil }
        self.init(layout: layout)
        pack = reader.variable(as: UInt32.self)
        packPage = reader.variable(as: UInt32.self)
        allocated = Int(reader.variable(as: UInt32.self))
        mask = BlockMask(rawValue: reader.variable())
        // A pack holds chunks of one block, and only packed ones.
        guard
            pack == 0
                ? packPage == 0 : layout == .packed && geometry.fileSize <= PackFiles.smallFileMax
        else { return nil }
        guard !mask.isEmpty, mask.isSubset(of: geometry.allBlocks(of: chunk)) else { return nil }
        let slotSize = geometry.byteRange(of: chunk).count
        for index in 0..<geometry.blocksPerChunk where mask.contains(block: index) {
            let size = geometry.byteRange(of: chunk, block: index).count
            var offset = UInt32(index * geometry.blockSize)
            var length = size
            var isCompressed = false
            if layout == .packed {
                offset = reader.variable(as: UInt32.self)
                let packed = reader.variable(as: UInt32.self)
                length = Int(packed >> 1)
                isCompressed = packed & 1 == 1
            }
            guard length > 0, isCompressed ? length < size : length == size,
                Int(offset) + length <= slotSize
            else { return nil }
            blocks.append(
                Block(
                    offset: offset, length: length, isCompressed: isCompressed,
                    sum: reader.fixed()))
        }
        guard reader.isComplete else { return nil }
    }
}
