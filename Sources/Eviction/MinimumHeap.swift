/// A binary heap of numbers: the least one in O(1), insertion and removal in O(log n).
struct MinimumHeap: Sendable {
    private var items: [UInt64] = []

    init() {}

    init(_ numbers: some Sequence<UInt64>) {
        items = numbers.sorted()  // a sorted array is a heap
    }

    var minimum: UInt64? { items.first }

    mutating func insert(_ number: UInt64) {
        items.append(number)
        var child = items.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            if items[parent] <= items[child] { return }
            items.swapAt(parent, child)
            child = parent
        }
    }

    mutating func removeMinimum() {
        guard let last = items.popLast(), !items.isEmpty else { return }
        items[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < items.count && items[child] < items[least] { least = child }
            if least == parent { return }
            items.swapAt(parent, least)
            parent = least
        }
    }
}
