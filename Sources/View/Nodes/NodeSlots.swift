import Model

/// Nodes by number, in pages that are given back when they are empty.
///
/// One array for all would be copied as it grows, and would stay as large as it ever was. A slot's number is used again
/// with another generation; a page that is given back remembers the highest one that was used in it.
struct NodeSlots: Sendable {
    private struct Slot: Sendable {
        var generation: UInt32
        var node: Node?
    }

    private struct Page: Sendable {
        /// Empty where none is in use.
        var slots: [Slot] = []
        var used = 0
        /// For slots that are made anew.
        var generation: UInt32 = 0
        /// Slots that are not in use, of those there are.
        var free: [UInt32] = []
    }

    /// Slots of one page, of about 200 bytes: small enough that a few nodes which stay keep little else.
    private static let pageSize = 256

    private var pages: [Page] = []
    /// Pages with a slot to spare, found as they come; each at most once.
    private var open: [Int] = []
    private var isOpen: [Bool] = []
    private(set) var count = 0

    /// Pages that take memory.
    var pagesInUse: Int { pages.count { !$0.slots.isEmpty } }

    /// - Parameter root: gets the number ``NodeID/root``; slot 0 is nobody's.
    init(root: Node) {
        _ = addPage()
        pages[0].free.removeAll { $0 <= 1 }
        pages[0].slots[1].node = root
        // With the slot that is never used, so that the page is never empty.
        pages[0].used = 2
        count = 1
    }

    /// nil for a number that is not in use (any more); to set it changes nothing.
    subscript(id: NodeID) -> Node? {
        get {
            guard contains(id) else { return nil }
            return pages[id.slot / Self.pageSize].slots[id.slot % Self.pageSize].node
        }
        _modify {
            guard contains(id) else {
                var none: Node?
                yield &none
                return
            }
            yield &pages[id.slot / Self.pageSize].slots[id.slot % Self.pageSize].node
        }
    }

    func contains(_ id: NodeID) -> Bool {
        let (page, slot) = (id.slot / Self.pageSize, id.slot % Self.pageSize)
        guard page < pages.count, slot < pages[page].slots.count else { return false }
        return pages[page].slots[slot].generation == id.generation
            && pages[page].slots[slot].node != nil
    }

    mutating func insert(_ node: Node) -> NodeID {
        let page = pageWithRoom()
        let slot = Int(pages[page].free.removeLast())
        pages[page].slots[slot].node = node
        pages[page].used += 1
        count += 1
        return NodeID(
            slot: UInt32(page * Self.pageSize + slot),
            generation: pages[page].slots[slot].generation)
    }

    mutating func remove(_ id: NodeID) {
        guard contains(id) else { return }
        let (page, slot) = (id.slot / Self.pageSize, id.slot % Self.pageSize)
        pages[page].slots[slot].node = nil
        pages[page].slots[slot].generation &+= 1
        pages[page].generation = max(pages[page].generation, pages[page].slots[slot].generation)
        pages[page].free.append(UInt32(slot))
        pages[page].used -= 1
        count -= 1
        if pages[page].used == 0 {
            pages[page].slots = []
            pages[page].free = []
        }
        offer(page)
    }

    private mutating func offer(_ page: Int) {
        guard !isOpen[page] else { return }
        isOpen[page] = true
        open.append(page)
    }

    private mutating func pageWithRoom() -> Int {
        while let page = open.last {
            if pages[page].slots.isEmpty { fill(page) }
            if !pages[page].free.isEmpty { return page }
            open.removeLast()
            isOpen[page] = false
        }
        return addPage()
    }

    private mutating func addPage() -> Int {
        pages.append(Page())
        isOpen.append(false)
        fill(pages.count - 1)
        offer(pages.count - 1)
        return pages.count - 1
    }

    private mutating func fill(_ page: Int) {
        pages[page].slots = Array(
            repeating: Slot(generation: pages[page].generation), count: Self.pageSize)
        // From the front.
        pages[page].free = (0..<UInt32(Self.pageSize)).reversed()
    }
}
