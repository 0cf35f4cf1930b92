/// Which buffer lies where: slabs of 2 MiB, each of one size class while any of it is used, and of whichever
/// class needs it next once none is. A pure value: it decides, ``BufferPool`` acts.
///
/// A buffer comes from the fullest slab of its class that has a warm slot, so that the others empty. What exceeds
/// ``idleBytesMax`` goes back to the kernel from the emptiest slab: a slab that is unused whole, others slot by slot,
/// in one go. Slots without pages are filled again once they are more than an eighth of their class's slabs;
/// before that a slab in one huge page is opened, which costs one fault for 512 pages. So a class has slabs for at
/// most 8/7 of the most bytes that were ever live in it, and two more.
///
/// Resident are, at most: live bytes, idle bytes, one begun slab per class, and releases under way.
struct SlabTable: Sendable {
    struct Taken: Sendable {
        var slot: SlabSlot
        var address: UInt
        /// It has no pages.
        var isCold: Bool
    }

    struct Reserved: Sendable {
        var number: Int
        var address: UInt
    }

    private struct ClassState: Sendable {
        var begun: Int?
        var slabCount = 0
        var coldBytes = 0
    }

    /// Of the lists of slabs that have a class: which of its slots can be had.
    private enum Supply: Int {
        case warm, cold
    }

    private static let listsPerSupply = SizeClass.count * Slab.fullnessCount
    /// Unused, in one huge page.
    private static let readyList = 2 * listsPerSupply
    /// Without pages.
    private static let vacantList = readyList + 1

    let idleBytesMax: Int
    private(set) var slabs: [Slab] = []
    private(set) var liveBytes = 0
    /// Of warm slots, those of begun slabs left out.
    private(set) var idleBytes = 0
    private var classes = Array(repeating: ClassState(), count: SizeClass.count)
    private var lists = SlabLists(count: vacantList + 1)

    init(idleBytesMax: Int) {
        self.idleBytesMax = idleBytesMax
    }

    /// Of slots that begun slabs still have.
    var begunBytes: Int {
        classes.reduce(0) { sum, state in sum + (state.begun.map { slabs[$0].warmBytes } ?? 0) }
    }

    // MARK: - Taking

    /// - Returns: nil when a slab has to be opened (``reserve()``, ``begin(_:_:)``).
    mutating func take(_ size: SizeClass) -> Taken? {
        if let slab = fullest(.warm, size) ?? classes[size.index].begun {
            return takeWarm(slab, size)
        }
        let state = classes[size.index]
        if state.coldBytes * 8 > state.slabCount * Slab.bytes, let slab = fullest(.cold, size) {
            return takeCold(slab, size)
        }
        guard let slab = lists.first(of: Self.readyList) else { return nil }
        idleBytes -= Slab.bytes
        start(slab, size)
        return takeWarm(slab, size)
    }

    private func fullest(_ supply: Supply, _ size: SizeClass) -> Int? {
        for fullness in (0..<Slab.fullnessCount).reversed() {
            if let slab = lists.first(of: Self.list(supply, size, fullness)) { return slab }
        }
        return nil
    }

    private mutating func takeWarm(_ slab: Int, _ size: SizeClass) -> Taken {
        guard let number = slabs[slab].warm.popFirst() else { fatalError("no warm slot") }
        if slabs[slab].isBegun {
            if slabs[slab].warm.isEmpty { unbegin(slab, size) }
        } else {
            idleBytes -= size.bytes
        }
        return used(slab, number, size, isCold: false)
    }

    private mutating func takeCold(_ slab: Int, _ size: SizeClass) -> Taken {
        guard let number = slabs[slab].cold.popFirst() else { fatalError("no cold slot") }
        classes[size.index].coldBytes -= size.bytes
        return used(slab, number, size, isCold: true)
    }

    private mutating func used(
        _ slab: Int, _ number: Int, _ size: SizeClass, isCold: Bool
    ) -> Taken {
        slabs[slab].usedCount += 1
        liveBytes += size.bytes
        place(slab)
        return Taken(
            slot: SlabSlot(slab: Int32(slab), number: Int32(number)),
            address: slabs[slab].address + UInt(number * size.bytes), isCold: isCold)
    }

    // MARK: - New slabs

    /// Slabs without pages, that came from the kernel. - Returns: the first of them, reserved.
    mutating func add(_ addresses: [UInt]) -> Reserved {
        let first = slabs.count
        for address in addresses {
            slabs.append(Slab(address: address))
            lists.addSlab()
        }
        for slab in (first..<slabs.count).reversed() { lists.move(slab, to: Self.vacantList) }
        guard let reserved = reserve() else { fatalError("no slab was added") }
        return reserved
    }

    /// A slab without pages, for the caller to open and to ``begin(_:_:)``. Nil: there is none, map some.
    mutating func reserve() -> Reserved? {
        guard let slab = lists.first(of: Self.vacantList) else { return nil }
        lists.move(slab, to: nil)
        return Reserved(number: slab, address: slabs[slab].address)
    }

    /// A reserved slab has been opened: the first slot of it.
    mutating func begin(_ slab: Int, _ size: SizeClass) -> (Taken, SlabRelease?) {
        if let other = classes[size.index].begun {
            // Somebody took a ready slab meanwhile.
            unbegin(other, size)
            idleBytes += slabs[other].warmBytes
            place(other)
        }
        start(slab, size)
        return (takeWarm(slab, size), excess())
    }

    private mutating func start(_ slab: Int, _ size: SizeClass) {
        slabs[slab].begin(size)
        classes[size.index].begun = slab
        classes[size.index].slabCount += 1
        place(slab)
    }

    private mutating func unbegin(_ slab: Int, _ size: SizeClass) {
        slabs[slab].isBegun = false
        classes[size.index].begun = nil
    }

    // MARK: - Giving back

    /// Nobody holds the buffer any more. - Returns: what the kernel is to have back, if anything.
    mutating func giveBack(_ slot: SlabSlot) -> SlabRelease? {
        let slab = Int(slot.slab)
        guard let size = slabs[slab].size else { fatalError("a buffer of a slab without a class") }
        slabs[slab].warm.insert(Int(slot.number))
        slabs[slab].usedCount -= 1
        liveBytes -= size.bytes
        if !slabs[slab].isBegun { idleBytes += size.bytes }
        return settle(slab, size) ?? excess()
    }

    /// The kernel has the pages. - Returns: what it is to have next.
    mutating func released(_ release: SlabRelease) -> SlabRelease? {
        switch release.part {
        case .whole:
            lists.move(release.slab, to: Self.vacantList)
        case .slots(let slots, let bytesEach, _):
            guard let size = slabs[release.slab].size else { break }
            slabs[release.slab].leavingCount -= slots.count
            slabs[release.slab].cold.formUnion(disjoint: slots)
            classes[size.index].coldBytes += slots.count * bytesEach
            if let next = settle(release.slab, size) { return next }
        }
        return excess()
    }

    /// Puts a slab where it belongs now. One with holes that is used no more goes back whole.
    private mutating func settle(_ slab: Int, _ size: SizeClass) -> SlabRelease? {
        guard slabs[slab].isUnused else {
            place(slab)
            return nil
        }
        if slabs[slab].isBegun {
            unbegin(slab, size)
            idleBytes += slabs[slab].warmBytes
        }
        classes[size.index].slabCount -= 1
        classes[size.index].coldBytes -= slabs[slab].cold.count * size.bytes
        let isWhole = slabs[slab].isWhole
        if !isWhole { idleBytes -= slabs[slab].warmBytes }
        slabs[slab].end()
        lists.move(slab, to: isWhole ? Self.readyList : nil)
        return isWhole ? nil : whole(slab)
    }

    private func whole(_ slab: Int) -> SlabRelease {
        SlabRelease(slab: slab, address: slabs[slab].address, part: .whole)
    }

    /// What is idle beyond the limit, from one slab.
    private mutating func excess() -> SlabRelease? {
        guard idleBytes > idleBytesMax else { return nil }
        if let slab = lists.first(of: Self.readyList) {
            lists.move(slab, to: nil)
            idleBytes -= Slab.bytes
            return whole(slab)
        }
        for fullness in 0..<Slab.fullnessCount {
            for size in SizeClass.all {
                guard let slab = lists.first(of: Self.list(.warm, size, fullness)) else { continue }
                return cool(slab, size)
            }
        }
        fatalError("idle bytes that are in no slab")
    }

    private mutating func cool(_ slab: Int, _ size: SizeClass) -> SlabRelease {
        let slots = slabs[slab].warm
        let release = SlabRelease(
            slab: slab, address: slabs[slab].address,
            part: .slots(slots, bytesEach: size.bytes, splits: slabs[slab].isWhole))
        idleBytes -= slabs[slab].warmBytes
        slabs[slab].warm = SlotSet()
        slabs[slab].leavingCount += slots.count
        slabs[slab].isWhole = false
        place(slab)
        return release
    }

    // MARK: - Lists

    private static func list(_ supply: Supply, _ size: SizeClass, _ fullness: Int) -> Int {
        supply.rawValue * listsPerSupply + size.index * Slab.fullnessCount + fullness
    }

    /// A used slab's list: by what it has, and how full it is. Begun slabs are in none.
    private mutating func place(_ slab: Int) {
        let state = slabs[slab]
        guard let size = state.size, !state.isBegun, !state.warm.isEmpty || !state.cold.isEmpty
        else { return lists.move(slab, to: nil) }
        let supply: Supply = state.warm.isEmpty ? .cold : .warm
        lists.move(slab, to: Self.list(supply, size, min(state.fullness, Slab.fullnessCount - 1)))
    }
}
