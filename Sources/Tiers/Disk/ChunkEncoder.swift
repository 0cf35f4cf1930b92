import Model
import Platform

/// Turns blocks into the bytes that go to disk: raw, or packed with LZ4 where that saves pages.
///
/// Belongs to the keeper's thread; holds its working memory.
final class ChunkEncoder {
    /// Blocks ready to be written, and what the index will say of them.
    struct Encoded {
        var layout: ChunkEntry.Layout
        var blocks: [(index: Int, block: ChunkEntry.Block)]
        /// Packed: what is appended to the slot, contiguous. Raw: nothing, the buffers are written as they are.
        var packed: UnsafeRawBufferPointer?
        /// Whether compression was tried on this chunk, and paid.
        var paid: Bool?

        /// Stored bytes.
        var length: Int { blocks.reduce(0) { $0 + $1.block.length } }
    }

    /// A saving below this part of the raw size is not worth decompressing for.
    private static let savingMin = 16
    private static let page = 4096

    private let scratch = UnsafeMutableRawBufferPointer.allocate(
        byteCount: ChunkGeometry.chunkSizeMax, alignment: 4096)

    deinit {
        scratch.deallocate()
    }

    /// - Parameters:
    ///   - blocks: of one chunk, none of them stored yet, each with the length that the geometry says.
    ///   - entry: what is stored of the chunk already; decides the layout.
    ///   - mayCompress: false when the file has been given up.
    /// - Returns: valid until the next call, while `blocks` live; nil when the blocks do not fit a chunk.
    func encode(
        _ object: DiskObject, _ chunk: ChunkIndex, _ blocks: [LoadedBlock],
        onto entry: ChunkEntry?, mayCompress: Bool
    ) -> Encoded? {
        if object.isSmall {
            return pack(object, chunk, blocks, at: 0, compressing: mayCompress, savingMin: nil)
        }
        switch entry?.layout {
        case .raw:
            return raw(object, chunk, blocks)
        case .packed:
            let end = entry?.packedEnd ?? 0
            return pack(object, chunk, blocks, at: end, compressing: true, savingMin: nil)
        case nil:
            let size = object.identity.geometry.byteRange(of: chunk).count
            guard mayCompress, size > Self.page else { return raw(object, chunk, blocks) }
            let saving = Self.savingMin
            if let packed = pack(
                object, chunk, blocks, at: 0, compressing: true, savingMin: saving)
            {
                return packed
            }
            var plain = raw(object, chunk, blocks)
            plain.paid = false
            return plain
        }
    }

    private func raw(
        _ object: DiskObject, _ chunk: ChunkIndex, _ blocks: [LoadedBlock]
    ) -> Encoded {
        let blockSize = object.identity.geometry.blockSize
        return Encoded(
            layout: .raw,
            blocks: blocks.map { block in
                let sum = XXH3.hash64(
                    block.buffer.bytes, seed: object.blockSeed(chunk, block.index))
                return (
                    block.index,
                    ChunkEntry.Block(
                        offset: UInt32(block.index * blockSize), length: block.buffer.count,
                        isCompressed: false, sum: sum)
                )
            }, packed: nil, paid: nil)
    }

    /// - Parameters:
    ///   - start: where in the slot the first block goes.
    ///   - savingMin: give up (nil) unless one part in so many is saved; checked after the first block and
    ///     at the end.
    private func pack(
        _ object: DiskObject, _ chunk: ChunkIndex, _ blocks: [LoadedBlock], at start: Int,
        compressing: Bool, savingMin: Int?
    ) -> Encoded? {
        var used = 0
        var rawSize = 0
        var packed: [(index: Int, block: ChunkEntry.Block)] = []
        packed.reserveCapacity(blocks.count)
        for block in blocks {
            let source = block.buffer.bytes
            guard used + source.count <= scratch.count else { return nil }
            var length = source.count
            var isCompressed = false
            let room = UnsafeMutableRawBufferPointer(
                rebasing: scratch[used..<(used + source.count)])
            // One byte less than it has: a block that does not shrink is stored as it is.
            let target = UnsafeMutableRawBufferPointer(rebasing: room[..<(source.count - 1)])
            if compressing, let count = LZ4.compress(source, into: target) {
                length = count
                isCompressed = true
            } else {
                room.copyMemory(from: source)
            }
            let stored = UnsafeRawBufferPointer(rebasing: room[..<length])
            packed.append(
                (
                    block.index,
                    ChunkEntry.Block(
                        offset: UInt32(start + used), length: length, isCompressed: isCompressed,
                        sum: XXH3.hash64(stored, seed: object.blockSeed(chunk, block.index)))
                ))
            used += length
            rawSize += source.count
            if let savingMin, packed.count == 1, used > rawSize - rawSize / savingMin { return nil }
        }
        if let savingMin {
            let saved = Self.pages(rawSize) - Self.pages(used)
            guard saved >= 1, saved * savingMin >= Self.pages(rawSize) else { return nil }
        }
        let paid = compressing ? Self.pages(used) < Self.pages(rawSize) : nil
        return Encoded(
            layout: .packed, blocks: packed,
            packed: UnsafeRawBufferPointer(rebasing: scratch[..<used]), paid: paid)
    }

    private static func pages(_ bytes: Int) -> Int { (bytes + page - 1) / page }
}
