/// What happens next in virtual time: a binary heap, first in first out among what happens at once.
struct EventHeap: Sendable {
    enum Occasion: Sendable, Equatable {
        /// A reader goes on with its next event.
        case reader(Int32)
        /// The first byte of a share request is there to be carried.
        case ready(Int32)
        /// The last byte of a share request has come.
        case arrival(Int32)
        /// The share has had the file of a reader's first read of it open for half a round trip.
        case opened(reader: Int32, event: Int32)
    }

    private struct Item: Sendable {
        var at: Int64
        var order: Int
        var occasion: Occasion

        func isBefore(_ other: Item) -> Bool {
            at != other.at ? at < other.at : order < other.order
        }
    }

    private var items: [Item] = []
    private var order = 0

    /// - Parameter at: nanoseconds.
    mutating func push(_ occasion: Occasion, at: Int64) {
        order += 1
        items.append(Item(at: at, order: order, occasion: occasion))
        var child = items.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard items[child].isBefore(items[parent]) else { return }
            items.swapAt(child, parent)
            child = parent
        }
    }

    mutating func pop() -> (at: Int64, occasion: Occasion)? {
        guard let first = items.first, let last = items.popLast() else { return nil }
        if !items.isEmpty {
            items[0] = last
            var parent = 0
            while true {
                var least = parent
                for child in [2 * parent + 1, 2 * parent + 2]
                where child < items.count && items[child].isBefore(items[least]) { least = child }
                if least == parent { break }
                items.swapAt(parent, least)
                parent = least
            }
        }
        return (first.at, first.occasion)
    }
}
