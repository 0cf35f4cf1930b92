import Model
import Platform
import Synchronization

/// Bytes that are not verified yet.
///
/// Who gets nothing but these needs not wait for the share's word: whatever version they are of, it is one. They are
/// joined with nothing and stored nowhere before it is known which.
extension ChunkCache {
    /// Fetched ahead, for whoever waits for them or comes to do so.
    func offer(_ file: CachedFile, _ blocks: [ShareRequest.Block]) {
        for (chunk, buffers) in parts(blocks, file.geometry) {
            let key = ChunkKey(file: file.number, chunk: chunk)
            let mask = BlockMask(blocks: blocks.filter { $0.chunk == chunk }.map(\.block))
            // First: who comes after this finds them.
            unverified.withLock { $0[key, default: []].append(Unverified(mask, buffers)) }
            let reads = shard(file, chunk).withLock { $0.reads(waitingFor: mask, of: key) }
            for read in reads where read.isOfOneChunk { read.answerUnverified([chunk: buffers]) }
        }
    }

    /// They are verified, or will not be.
    func withdraw(_ file: CachedFile, _ request: ShareRequest) {
        guard file.shown != nil else { return }
        unverified.withLock { unverified in
            for part in request.parts {
                let key = ChunkKey(file: file.number, chunk: part.chunk)
                unverified[key]?.removeAll { $0.blocks == part.blocks }
                if unverified[key]?.isEmpty == true { unverified[key] = nil }
            }
        }
    }

    func answerUnverified(
        _ file: CachedFile, _ read: PendingRead, _ chunk: ChunkIndex, _ needed: BlockMask
    ) {
        let key = ChunkKey(file: file.number, chunk: chunk)
        let found = unverified.withLock { unverified in
            unverified[key]?.first { $0.blocks.isSuperset(of: needed) }
        }
        if let found { read.answerUnverified([chunk: found.buffers]) }
    }

    struct Unverified: Sendable {
        var blocks: BlockMask
        /// By number within the chunk.
        var buffers: [BlockBuffer?]

        init(_ blocks: BlockMask, _ buffers: [BlockBuffer?]) {
            self.blocks = blocks
            self.buffers = buffers
        }
    }

    func parts(
        _ blocks: [ShareRequest.Block], _ geometry: ChunkGeometry
    ) -> [ChunkIndex: [BlockBuffer?]] {
        blocks.reduce(into: [:]) { parts, block in
            parts[
                block.chunk, default: Array(repeating: nil, count: geometry.blocksPerChunk)][
                    block.block.index] = block.block.buffer
        }
    }
}
