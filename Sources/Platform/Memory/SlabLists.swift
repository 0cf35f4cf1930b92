/// Doubly linked lists of slab numbers; each slab is in one list at most. All operations take the same time, however
/// many slabs there are; 12 bytes for each.
struct SlabLists: Sendable {
    private static let none: Int32 = -1

    private struct Link: Sendable {
        var next = SlabLists.none
        var previous = SlabLists.none
        var list = SlabLists.none
    }

    private var heads: [Int32]
    private var links: [Link] = []

    init(count: Int) {
        heads = Array(repeating: Self.none, count: count)
    }

    /// The next slab number, in no list.
    mutating func addSlab() {
        links.append(Link())
    }

    func first(of list: Int) -> Int? {
        let head = heads[list]
        return head == Self.none ? nil : Int(head)
    }

    func list(of slab: Int) -> Int? {
        let list = links[slab].list
        return list == Self.none ? nil : Int(list)
    }

    /// To the front of `list`, out of all with nil. A slab that is in it already stays where it is.
    mutating func move(_ slab: Int, to list: Int?) {
        let target = list.map { Int32($0) } ?? Self.none
        guard links[slab].list != target else { return }
        unlink(slab)
        guard target != Self.none else { return }
        let head = heads[Int(target)]
        links[slab] = Link(next: head, previous: Self.none, list: target)
        if head != Self.none { links[Int(head)].previous = Int32(slab) }
        heads[Int(target)] = Int32(slab)
    }

    private mutating func unlink(_ slab: Int) {
        let link = links[slab]
        guard link.list != Self.none else { return }
        if link.previous == Self.none {
            heads[Int(link.list)] = link.next
        } else {
            links[Int(link.previous)].next = link.next
        }
        if link.next != Self.none { links[Int(link.next)].previous = link.previous }
        links[slab] = Link()
    }
}
