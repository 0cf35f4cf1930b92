/// Where a buffer lies: a slab's number and the slot in it.
struct SlabSlot: Hashable, Sendable {
    var slab: Int32
    var number: Int32
}
