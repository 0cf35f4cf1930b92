/// The cache of the client model: blocks that are there or on their way, least recently used first to go.
///
/// Blocks are pages or the product's blocks, as the method has it; the sizes may differ from file to file.
struct BlockTable: Sendable {
    struct Block: Sendable {
        var key: Int
        /// Bytes: short at the end of a file.
        var bytes: Int32
        /// The share request that brings it; ``ShareQueue/none`` once it is there.
        var request: Int32
        /// Fetched ahead and not read yet.
        var isAhead: Bool
        fileprivate var previous: Int32 = PositionTable.none
        fileprivate var next: Int32 = PositionTable.none
    }

    struct Lost: Sendable {
        var file: Int
        var blocks: Range<Int>
    }

    private let memory: Int64
    private var table = PositionTable(capacity: 1 << 12)
    private var blocks: [Block] = []
    private var free: [Int32] = []
    private var first = PositionTable.none
    private var last = PositionTable.none
    private var used: Int64 = 0
    /// Bytes that were fetched ahead or are on their way, and that nobody has read.
    private(set) var unread: Int64 = 0
    /// Runs of blocks that were fetched ahead and evicted unread, since they were last taken.
    private(set) var lost: [Lost] = []

    /// - Parameter memory: bytes of what is there; what is on its way comes on top.
    init(memory: Int64) {
        self.memory = memory
    }

    static func key(_ file: Int, _ block: Int) -> Int { PageCache.key(file, block) }

    func find(_ key: Int) -> Int32 { table.find(key) }

    subscript(place: Int32) -> Block {
        blocks[Int(place)]
    }

    /// A block that is on its way from now on.
    mutating func expect(_ key: Int, bytes: Int32, request: Int32, isAhead: Bool) {
        let block = Block(key: key, bytes: bytes, request: request, isAhead: isAhead)
        if isAhead { unread += Int64(bytes) }
        let place: Int32
        if let known = free.popLast() {
            place = known
            blocks[Int(place)] = block
        } else {
            place = Int32(blocks.count)
            blocks.append(block)
        }
        table.insert(key, place: place)
    }

    /// A block that was on its way will not come.
    mutating func forget(_ key: Int) {
        let place = table.find(key)
        guard place != PositionTable.none else { return }
        if blocks[Int(place)].isAhead { unread -= Int64(blocks[Int(place)].bytes) }
        table.remove(key)
        free.append(place)
    }

    /// A block that was on its way is there, as if just used; others may have to go.
    mutating func arrive(_ key: Int) {
        let place = table.find(key)
        guard place != PositionTable.none else { return }
        blocks[Int(place)].request = ShareQueue.none
        append(place)
        used += Int64(blocks[Int(place)].bytes)
        while used > memory, first != place { evictFirst() }
    }

    /// A block that is there is used.
    mutating func touch(_ place: Int32) {
        guard place != last else { return }
        unlink(place)
        append(place)
    }

    /// Somebody reads a block that was fetched ahead.
    mutating func markRead(_ place: Int32) {
        guard blocks[Int(place)].isAhead else { return }
        blocks[Int(place)].isAhead = false
        unread -= Int64(blocks[Int(place)].bytes)
    }

    mutating func takeLost() -> [Lost] {
        defer { lost.removeAll(keepingCapacity: true) }
        return lost
    }

    private mutating func evictFirst() {
        let place = first
        let block = blocks[Int(place)]
        unlink(place)
        table.remove(block.key)
        free.append(place)
        used -= Int64(block.bytes)
        guard block.isAhead else { return }
        unread -= Int64(block.bytes)
        let file = block.key >> PageCache.pageBits
        let index = block.key & (1 << PageCache.pageBits - 1)
        if let run = lost.last, run.file == file, run.blocks.upperBound == index {
            lost[lost.count - 1].blocks = run.blocks.lowerBound..<(index + 1)
        } else {
            lost.append(Lost(file: file, blocks: index..<(index + 1)))
        }
    }

    private mutating func append(_ place: Int32) {
        blocks[Int(place)].previous = last
        blocks[Int(place)].next = PositionTable.none
        if last == PositionTable.none { first = place } else { blocks[Int(last)].next = place }
        last = place
    }

    private mutating func unlink(_ place: Int32) {
        let (previous, next) = (blocks[Int(place)].previous, blocks[Int(place)].next)
        if previous == PositionTable.none {
            first = next
        } else {
            blocks[Int(previous)].next = next
        }
        if next == PositionTable.none {
            last = previous
        } else {
            blocks[Int(next)].previous = previous
        }
    }
}
