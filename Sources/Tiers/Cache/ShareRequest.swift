import Model
import Platform

/// One read of the share: neighbouring missing blocks, perhaps of several chunks.
struct ShareRequest: Sendable {
    struct Block: Sendable {
        var chunk: ChunkIndex
        var block: LoadedBlock
    }

    /// In the file, from the start of a block to the end of one (or of the file).
    var range: Range<Int64>
    var parts: [MissingBlocks]

    /// Joins what is adjacent, up to `sizeMax` bytes per request.
    ///
    /// - Parameter missing: in file order.
    static func make(
        for missing: [MissingBlocks], geometry: ChunkGeometry, sizeMax: Int
    ) -> [ShareRequest] {
        var requests: [ShareRequest] = []
        for part in missing {
            for run in part.blocks.runs {
                for piece in cut(run, blocksMax: max(1, sizeMax / geometry.blockSize)) {
                    let start = geometry.byteRange(of: part.chunk, block: piece.lowerBound)
                        .lowerBound
                    let end = geometry.byteRange(of: part.chunk, block: piece.upperBound - 1)
                        .upperBound
                    let blocks = MissingBlocks(chunk: part.chunk, blocks: BlockMask(piece))
                    if let last = requests.last, last.range.upperBound == start,
                        end - last.range.lowerBound <= Int64(sizeMax), last.parts.count < 64,
                        last.blockCount + piece.count <= 64
                    {
                        requests[requests.count - 1].range = last.range.lowerBound..<end
                        requests[requests.count - 1].parts.append(blocks)
                    } else {
                        requests.append(ShareRequest(range: start..<end, parts: [blocks]))
                    }
                }
            }
        }
        return requests
    }

    private var blockCount: Int { parts.reduce(0) { $0 + $1.blocks.count } }

    private static func cut(_ run: Range<Int>, blocksMax: Int) -> [Range<Int>] {
        stride(from: run.lowerBound, to: run.upperBound, by: blocksMax).map {
            $0..<min($0 + blocksMax, run.upperBound)
        }
    }

    /// An empty buffer for each block, in file order.
    func allocate(_ geometry: ChunkGeometry, from pool: BufferPool) -> [Block] {
        parts.flatMap { part in
            part.blocks.runs.flatMap { $0 }.map { number in
                let length = geometry.byteRange(of: part.chunk, block: number).count
                return Block(
                    chunk: part.chunk,
                    block: LoadedBlock(index: number, buffer: pool.buffer(holding: max(1, length))))
            }
        }
    }
}
