/// Pages that are to go back to the kernel. Until ``SlabTable/released(_:)`` is told that they have, nobody gets
/// a buffer that lies in them.
struct SlabRelease: Sendable {
    enum Part: Sendable {
        /// All of the slab.
        case whole
        /// - splits: the slab is one huge page still, which the kernel has to split first.
        case slots(SlotSet, bytesEach: Int, splits: Bool)
    }

    var slab: Int
    var address: UInt
    var part: Part
}
