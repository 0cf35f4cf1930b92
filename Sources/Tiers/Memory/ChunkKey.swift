import Eviction
import Model

/// Name of a chunk in memory.
struct ChunkKey: Hashable, Sendable {
    /// ``CachedFile/number``.
    var file: UInt64
    var chunk: ChunkIndex

    /// One word instead of two: hashing is a part of each hit.
    func hash(into hasher: inout Hasher) { hasher.combine(sketchHash) }
}

extension ChunkKey: SketchedKey {
    var sketchHash: UInt64 {
        // Numbers of files count up from 1: multiplied by an odd number they use all bits, and no two of them meet.
        file &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(chunk.value) &* 0xD6E8_FEB8_6659_FD93
    }
}
