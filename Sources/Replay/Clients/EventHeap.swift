import Model

/// What happens next in virtual time; first in first out among what happens at once.
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

    private struct Item: Sendable, HeapElement {
        var at: Int64
        var order: Int
        var occasion: Occasion

        func isBefore(_ other: Item) -> Bool {
            at != other.at ? at < other.at : order < other.order
        }
    }

    private var items = BinaryHeap<Item>()
    private var order = 0

    /// - Parameter at: nanoseconds.
    mutating func push(_ occasion: Occasion, at: Int64) {
        order += 1
        items.push(Item(at: at, order: order, occasion: occasion))
    }

    mutating func pop() -> (at: Int64, occasion: Occasion)? {
        items.popFirst().map { ($0.at, $0.occasion) }
    }
}
