/// Chunks by rank, the lowest first, the first ranked first among equals: a binary heap that knows where each chunk
/// stands, so that ranks change in O(log n).
struct ChunkHeap: Sendable {
    private struct Item: Sendable {
        var rank: Int64
        var order: Int64
        var chunk: Int32

        func isBefore(_ other: Item) -> Bool {
            rank != other.rank ? rank < other.rank : order < other.order
        }
    }

    private var items: [Item] = []
    private var positions: [Int32]
    private var order: Int64 = 0

    init(chunks: Int) {
        positions = Array(repeating: -1, count: chunks)
    }

    var count: Int { items.count }

    func contains(_ chunk: Int32) -> Bool { positions[Int(chunk)] >= 0 }

    /// Ranks a chunk anew, or for the first time.
    mutating func set(_ chunk: Int32, rank: Int64) {
        order += 1
        let item = Item(rank: rank, order: order, chunk: chunk)
        var position = Int(positions[Int(chunk)])
        if position < 0 {
            position = items.count
            items.append(item)
            positions[Int(chunk)] = Int32(position)
        } else {
            items[position] = item
        }
        rise(position)
        sink(Int(positions[Int(chunk)]))
    }

    mutating func removeLowest() -> (chunk: Int32, rank: Int64)? {
        guard let lowest = items.first, let last = items.popLast() else { return nil }
        positions[Int(lowest.chunk)] = -1
        if !items.isEmpty {
            items[0] = last
            positions[Int(last.chunk)] = 0
            sink(0)
        }
        return (lowest.chunk, lowest.rank)
    }

    private mutating func rise(_ start: Int) {
        var child = start
        while child > 0 {
            let parent = (child - 1) / 2
            guard items[child].isBefore(items[parent]) else { return }
            swap(child, parent)
            child = parent
        }
    }

    private mutating func sink(_ start: Int) {
        var parent = start
        while true {
            var least = parent
            let child = 2 * parent + 1
            if child < items.count, items[child].isBefore(items[least]) { least = child }
            if child + 1 < items.count, items[child + 1].isBefore(items[least]) {
                least = child + 1
            }
            if least == parent { return }
            swap(least, parent)
            parent = least
        }
    }

    private mutating func swap(_ left: Int, _ right: Int) {
        items.swapAt(left, right)
        positions[Int(items[left].chunk)] = Int32(left)
        positions[Int(items[right].chunk)] = Int32(right)
    }
}
