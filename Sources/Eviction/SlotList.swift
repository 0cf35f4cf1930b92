/// Nodes of doubly linked lists in one array, linked by 32-bit positions: the storage of the policies.
///
/// Compared with a class per node this takes a third of the memory and no reference counting. Freed places
/// are used again, last freed first.
struct SlotList<Payload: Sendable>: Sendable {
    struct Node: Sendable {
        var previous: UInt32
        var next: UInt32
        var payload: Payload
    }

    /// One list: first and last place, ``none`` when it is empty.
    struct Ends: Sendable {
        var first = SlotList.none
        var last = SlotList.none

        var isEmpty: Bool { first == SlotList.none }
    }

    static var none: UInt32 { .max }

    private var nodes: [Node] = []
    private var free: UInt32 = Self.none

    subscript(place: UInt32) -> Payload {
        get { nodes[Int(place)].payload }
        _modify { yield &nodes[Int(place)].payload }
    }

    /// A place for `payload`, not linked into a list yet.
    mutating func allocate(_ payload: Payload) -> UInt32 {
        if free != Self.none {
            let place = free
            free = nodes[Int(place)].next
            nodes[Int(place)] = Node(previous: Self.none, next: Self.none, payload: payload)
            return place
        }
        precondition(nodes.count < Int(UInt32.max), "more than 4 billion cache entries")
        if nodes.count == nodes.capacity {
            // Grow by a quarter, not by half as arrays do: this is the largest table of a tier.
            nodes.reserveCapacity(max(64, nodes.count + nodes.count / 4))
        }
        nodes.append(Node(previous: Self.none, next: Self.none, payload: payload))
        return UInt32(nodes.count - 1)
    }

    /// Gives back a place that is in no list.
    mutating func release(_ place: UInt32) {
        nodes[Int(place)].next = free
        free = place
    }

    mutating func append(_ place: UInt32, to ends: inout Ends) {
        nodes[Int(place)].previous = ends.last
        nodes[Int(place)].next = Self.none
        if ends.last == Self.none { ends.first = place } else { nodes[Int(ends.last)].next = place }
        ends.last = place
    }

    mutating func prepend(_ place: UInt32, to ends: inout Ends) {
        nodes[Int(place)].next = ends.first
        nodes[Int(place)].previous = Self.none
        if ends.first == Self.none {
            ends.last = place
        } else {
            nodes[Int(ends.first)].previous = place
        }
        ends.first = place
    }

    /// The place before one, or ``none``.
    func previous(of place: UInt32) -> UInt32 { nodes[Int(place)].previous }

    /// - Parameter next: of the same list, or ``none`` for the end.
    mutating func insert(_ place: UInt32, before next: UInt32, in ends: inout Ends) {
        guard next != Self.none else { return append(place, to: &ends) }
        let previous = nodes[Int(next)].previous
        guard previous != Self.none else { return prepend(place, to: &ends) }
        nodes[Int(place)].previous = previous
        nodes[Int(place)].next = next
        nodes[Int(previous)].next = place
        nodes[Int(next)].previous = place
    }

    mutating func unlink(_ place: UInt32, from ends: inout Ends) {
        let node = nodes[Int(place)]
        if node.previous == Self.none {
            ends.first = node.next
        } else {
            nodes[Int(node.previous)].next = node.next
        }
        if node.next == Self.none {
            ends.last = node.previous
        } else {
            nodes[Int(node.next)].previous = node.previous
        }
    }
}
