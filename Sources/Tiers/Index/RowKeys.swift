import Model

/// Number of an object's row in the index: 1 ... 2³¹ − 1, never used twice while the index lives.
struct ObjectRow: Hashable, Sendable {
    static let numberMax: Int64 = (1 << 31) - 1

    var number: Int64

    /// nil outside of the range.
    init?(_ number: Int64) {
        guard (1...Self.numberMax).contains(number) else { return nil }
        self.number = number
    }

    /// Keys of all chunks that an object can have.
    var chunkKeys: ClosedRange<Int64> {
        ChunkRow(self, ChunkIndex(0)).number...ChunkRow(self, ChunkIndex(.max)).number
    }
}

/// Key of a chunk in the index and in the eviction policy: the object's row number in the upper half, the
/// chunk in the lower, so that an object's chunks are neighbours.
struct ChunkRow: Hashable, Sendable {
    var number: Int64

    init(number: Int64) {
        self.number = number
    }

    init(_ object: ObjectRow, _ chunk: ChunkIndex) {
        number = object.number << 32 | Int64(chunk.value)
    }

    /// nil when the upper half is no row number.
    var object: ObjectRow? { ObjectRow(number >> 32) }
    var chunk: ChunkIndex { ChunkIndex(UInt32(truncatingIfNeeded: number)) }

    func hash(into hasher: inout Hasher) {
        hasher.combine(number)
    }
}
