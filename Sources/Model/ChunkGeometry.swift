/// Position of a chunk inside a file: byte offset divided by the chunk size.
public struct ChunkIndex: Hashable, Comparable, Sendable {
    public var value: UInt32

    public init(_ value: UInt32) {
        self.value = value
    }

    public static func < (left: ChunkIndex, right: ChunkIndex) -> Bool { left.value < right.value }
}

/// A set of blocks within one chunk; bit *i* stands for block *i*.
public struct BlockMask: OptionSet, Hashable, Sendable {
    public var rawValue: UInt64

    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// Blocks `range`, which lies in 0 ..< 64.
    public init(_ range: Range<Int>) {
        let width = range.count
        let ones = width >= 64 ? UInt64.max : (1 << UInt64(width)) - 1
        rawValue = ones << UInt64(range.lowerBound)
    }

    public var count: Int { rawValue.nonzeroBitCount }

    public func contains(block: Int) -> Bool { rawValue >> UInt64(block) & 1 == 1 }

    /// Runs of neighbouring blocks, lowest first.
    public var runs: [Range<Int>] {
        var found: [Range<Int>] = []
        var rest = rawValue
        while rest != 0 {
            let start = rest.trailingZeroBitCount
            let shifted = rest >> UInt64(start)
            let length = (~shifted).trailingZeroBitCount
            found.append(start..<(start + length))
            rest &= ~BlockMask(start..<(start + length)).rawValue
        }
        return found
    }
}

/// How a file is cut: chunks are the unit of caching and eviction, blocks the unit of loading,
/// compressing and checksumming. Both sizes are powers of two; a chunk has at most 64 blocks.
public struct ChunkGeometry: Hashable, Sendable {
    public static let chunkSizeMin = 4 << 10
    public static let chunkSizeMax = 4 << 20
    public static let blockSizeMax = 64 << 10

    /// Bytes per chunk.
    public let chunkSize: Int
    /// Bytes in the file.
    public let fileSize: Int64

    /// - Parameters:
    ///   - chunkSize: a power of two from 4 KiB to 4 MiB.
    ///   - fileSize: at least 0.
    public init(chunkSize: Int, fileSize: Int64) {
        precondition(chunkSize.nonzeroBitCount == 1, "chunk size is no power of two")
        precondition((Self.chunkSizeMin...Self.chunkSizeMax).contains(chunkSize))
        precondition(fileSize >= 0)
        self.chunkSize = chunkSize
        self.fileSize = fileSize
    }

    /// Bytes per block: 64 KiB, or the chunk's size if that is smaller.
    public var blockSize: Int { min(Self.blockSizeMax, chunkSize) }
    public var blocksPerChunk: Int { chunkSize / blockSize }

    /// Largest file that can be cached: chunk indices are 32 bits (16 TiB at 4 KiB, 4 PiB at 1 MiB).
    public var isCacheable: Bool { fileSize <= Int64(UInt32.max) * Int64(chunkSize) }

    /// Chunks that hold any byte of `range`, which must lie inside the file.
    public func chunks(in range: Range<Int64>) -> Range<UInt32> {
        guard !range.isEmpty else { return 0..<0 }
        let first = UInt32(range.lowerBound / Int64(chunkSize))
        let last = UInt32((range.upperBound - 1) / Int64(chunkSize))
        return first..<(last + 1)
    }

    public func byteRange(of chunk: ChunkIndex) -> Range<Int64> {
        let start = Int64(chunk.value) * Int64(chunkSize)
        return start..<max(start, min(start + Int64(chunkSize), fileSize))
    }

    /// Blocks of `chunk` that hold any byte of `range` (file offsets).
    public func blocks(of chunk: ChunkIndex, in range: Range<Int64>) -> BlockMask {
        let bounds = byteRange(of: chunk)
        let part = range.clamped(to: bounds)
        guard !part.isEmpty else { return [] }
        let first = Int(part.lowerBound - bounds.lowerBound) / blockSize
        let last = Int(part.upperBound - 1 - bounds.lowerBound) / blockSize
        return BlockMask(first..<(last + 1))
    }

    /// All blocks of `chunk` that hold bytes of the file.
    public func allBlocks(of chunk: ChunkIndex) -> BlockMask {
        blocks(of: chunk, in: byteRange(of: chunk))
    }

    /// File offsets covered by one block; short at the end of the file.
    public func byteRange(of chunk: ChunkIndex, block: Int) -> Range<Int64> {
        let start = Int64(chunk.value) * Int64(chunkSize) + Int64(block * blockSize)
        return start..<max(start, min(start + Int64(blockSize), fileSize))
    }

    /// Bytes of the file in these blocks of a chunk.
    public func bytes(of chunk: ChunkIndex, blocks: BlockMask) -> Int64 {
        blocks.runs.reduce(0) { sum, run in
            sum + byteRange(of: chunk, block: run.upperBound - 1).upperBound
                - byteRange(of: chunk, block: run.lowerBound).lowerBound
        }
    }
}
