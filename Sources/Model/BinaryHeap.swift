/// Can stand in a ``BinaryHeap``: a total order, in which no two elements are equal if first in is to be first out.
public protocol HeapElement {
    func isBefore(_ other: Self) -> Bool
}

/// A binary heap: the first element is found at once, and put in or taken out in O(log n).
public struct BinaryHeap<Element: HeapElement> {
    private var items: [Element] = []

    public init() {}

    public var first: Element? { items.first }
    public var count: Int { items.count }

    public mutating func push(_ element: Element) {
        items.append(element)
        var child = items.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard items[child].isBefore(items[parent]) else { return }
            items.swapAt(child, parent)
            child = parent
        }
    }

    public mutating func popFirst() -> Element? {
        guard let first = items.first, let last = items.popLast() else { return nil }
        guard !items.isEmpty else { return first }
        items[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < items.count && items[child].isBefore(items[least]) { least = child }
            if least == parent { return first }
            items.swapAt(parent, least)
            parent = least
        }
    }
}

extension BinaryHeap: Sendable where Element: Sendable {}
