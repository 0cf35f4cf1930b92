import Model
import Testing

@testable import View

@Suite struct NodeSlotsTests {
    private func node(_ inode: UInt64) -> Node {
        Node(
            place: Node.Place(parent: .root, name: "a"),
            attributes: FileAttributes(inode: inode, mode: FileKind.regular.rawValue),
            validity: Validity(since: .zero, ttl: .zero))
    }

    @Test func pagesGoWithTheirLastNode() {
        var slots = NodeSlots(root: node(1))
        var ids: [NodeID] = []
        for number in 0..<10_000 { ids.append(slots.insert(node(UInt64(number + 2)))) }
        #expect(slots.count == 10_001)
        let full = slots.pagesInUse
        for id in ids.dropFirst(5_000) { slots.remove(id) }
        #expect(slots.pagesInUse <= full / 2 + 2)
        for id in ids.prefix(5_000) { slots.remove(id) }
        #expect(slots.count == 1)
        #expect(slots.pagesInUse == 1)
        #expect(slots[.root]?.attributes.inode == 1)
        for id in ids { #expect(slots[id] == nil) }
    }

    /// Who comes with a number that is not in use any more, as whoever waited for the share does, changes nothing: not the node that has
    /// its slot now either.
    @Test func aNumberThatIsNotInUseChangesNothing() {
        var slots = NodeSlots(root: node(1))
        let old = slots.insert(node(2))
        slots.remove(old)
        slots[old]?.attributes.size = 5
        slots[old] = node(3)
        #expect(slots[old] == nil && slots.count == 1)
        let new = slots.insert(node(4))
        #expect(new.slot == old.slot && new != old)
        slots[old]?.attributes.size = 5
        slots[old] = nil
        #expect(slots[new]?.attributes.size == 0 && slots[new]?.attributes.inode == 4)
        slots[NodeID(raw: 1 << 40)]?.attributes.size = 5
        #expect(slots[NodeID(raw: 1 << 40)] == nil)
    }

    /// Also across pages that were given back meanwhile.
    @Test func noNumberIsGivenTwice() {
        var slots = NodeSlots(root: node(1))
        var seen: Set<NodeID> = [.root, .none]
        for round in 0..<20 {
            var ids: [NodeID] = []
            for number in 0..<(round % 3 == 0 ? 700 : 90) {
                let id = slots.insert(node(UInt64(number)))
                #expect(seen.insert(id).inserted, "\(id)")
                ids.append(id)
            }
            // Some stay, some rounds leave nothing.
            for (index, id) in ids.enumerated() where round % 2 == 0 || index % 5 != 0 {
                slots.remove(id)
            }
        }
    }

    @Test func aNumberThatIsGoneMeansNothing() {
        var slots = NodeSlots(root: node(1))
        let first = slots.insert(node(2))
        slots.remove(first)
        slots.remove(first)
        let second = slots.insert(node(3))
        #expect(slots[first] == nil)
        #expect(slots[second]?.attributes.inode == 3)
        #expect(slots.count == 2)
        #expect(slots[NodeID(raw: .max)] == nil)
    }
}
