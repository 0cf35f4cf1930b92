/// The bookkeeping of one slab: a huge page, cut into slots of one class, or free for any.
///
/// Each slot is used, *warm* (nobody holds it, its pages are resident), *leaving* (its pages are being given
/// back) or *cold* (they were). A pure value.
struct Slab: Sendable {
    /// A huge page of x86-64, and of arm64 with pages of 4 KiB; elsewhere a slab is only that much memory.
    static let bytes = 2 << 20
    /// Steps of ``fullness``.
    static let fullnessCount = 8

    let address: UInt
    /// Nil while it is free for any class.
    private(set) var size: SizeClass?
    var warm = SlotSet()
    var cold = SlotSet()
    var usedCount = 0
    var leavingCount = 0
    /// Whether it is the slab that its class fills from new: its warm slots are not idle.
    var isBegun = false
    /// Whether no page was given back since it was opened. Else it has small pages and holes, until it is opened again.
    var isWhole = true

    init(address: UInt) {
        self.address = address
    }

    /// Opened, all slots warm.
    mutating func begin(_ size: SizeClass) {
        self = Slab(address: address)
        self.size = size
        warm = SlotSet(first: size.slotsPerSlab)
        isBegun = true
    }

    mutating func end() {
        self = Slab(address: address)
    }

    var slotBytes: Int { size?.bytes ?? 0 }
    var warmBytes: Int { warm.count * slotBytes }
    var isUnused: Bool { usedCount == 0 && leavingCount == 0 }

    /// Eighths of its slots that are used, rounded down: 0 ... 7, and 8 only when it is full.
    var fullness: Int {
        guard let size else { return 0 }
        return usedCount * Self.fullnessCount / size.slotsPerSlab
    }
}
