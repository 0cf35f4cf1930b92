import TestSupport
import Testing

@testable import Platform

@Suite struct SlabTableTests {
    private static let page = 4 << 10
    private static let smallest = SizeClass(holding: 1)
    private static let largest = SizeClass(holding: 64 << 10)

    /// With 64 slabs, of which one is full of the largest buffers.
    private static func table(idleBytesMax: Int = 16 << 20) -> SlabTable {
        var table = SlabTable(idleBytesMax: idleBytesMax)
        let first = table.add((0..<64).map { UInt($0 * Slab.bytes) })
        _ = table.begin(first.number, largest)
        while table.take(largest) != nil {}
        return table
    }

    private static func take(_ table: inout SlabTable, _ size: SizeClass) throws -> SlabTable.Taken
    {
        if let taken = table.take(size) { return taken }
        let reserved = table.reserve()
        let slab = try #require(reserved)
        return table.begin(slab.number, size).0
    }

    @Test func sizesAreRoundedUpToClasses() {
        #expect(SizeClass(holding: 1).bytes == 4096)
        #expect(SizeClass(holding: 4097).bytes == 8192)
        #expect(SizeClass(holding: 65536).bytes == 65536)
        #expect(SizeClass.all.map(\.slotsPerSlab) == [512, 256, 128, 64, 32])
    }

    @Test func slotsAreRunTogetherAcrossWords() {
        var set = SlotSet(first: 130)
        #expect(set.runs == [0..<130])
        #expect(set.popFirst() == 0)
        #expect(set.count == 129 && !set.contains(0) && set.contains(129) && !set.contains(130))
        set.insert(500)
        #expect(set.runs == [1..<130, 500..<501])
        #expect(SlotSet(first: 512).runs == [0..<512])
        #expect(SlotSet().runs.isEmpty)
    }

    @Test func anUnusedSlabIsForAnyClassAndGoesBackWhole() throws {
        var table = Self.table(idleBytesMax: Slab.bytes)
        var held: [SlabSlot] = []
        for _ in 0..<1024 { held.append(try Self.take(&table, Self.smallest).slot) }
        #expect(held[0].slab == held[511].slab && held[0].slab != held[512].slab)

        #expect(held[..<512].compactMap { table.giveBack($0) }.isEmpty)
        #expect(table.idleBytes == Slab.bytes)
        let middle = try Self.take(&table, SizeClass(holding: 16 << 10))
        #expect(middle.slot.slab == held[0].slab, "the slab that is empty and has its pages")
        #expect(table.idleBytes == 0)

        #expect(table.giveBack(middle.slot) == nil)
        let releases = held[512...].compactMap { table.giveBack($0) }
        #expect(!releases.isEmpty)
        #expect(releases.allSatisfy { if case .whole = $0.part { true } else { false } })
        #expect(table.idleBytes <= Slab.bytes)
    }

    /// Two slabs of which one has more in use: it is filled again, and the other one empties.
    @Test func theFullestSlabIsFilledFirst() throws {
        var table = Self.table()
        let held = try (0..<64).map { _ in try Self.take(&table, Self.largest).slot }
        let (first, second) = (held[0].slab, held[63].slab)
        for slot in held where slot.slab == first && slot.number > 3 { _ = table.giveBack(slot) }
        for slot in held where slot.slab == second && slot.number < 4 { _ = table.giveBack(slot) }
        for _ in 0..<4 {
            let slot = try Self.take(&table, Self.largest).slot
            #expect(slot.slab != first)
        }
    }

    @Test func theEmptiestSlabLosesItsPages() throws {
        var table = Self.table(idleBytesMax: 1 << 20)
        let held = try (0..<96).map { _ in try Self.take(&table, Self.largest).slot }
        let slabs = Array(Set(held.map(\.slab)))
        let (sparse, dense) = (slabs[0], slabs[1])
        var releases: [SlabRelease] = []
        for slot in held where slot.slab == dense && slot.number < 2 {
            releases += [table.giveBack(slot)].compactMap { $0 }
        }
        for slot in held where slot.slab == sparse && slot.number < 15 {
            releases += [table.giveBack(slot)].compactMap { $0 }
        }
        let release = try #require(releases.first)
        #expect(releases.count == 1 && release.slab == Int(sparse))
        guard case .slots(let slots, _, let splits) = release.part else {
            Issue.record("a slab that is used went back whole")
            return
        }
        #expect(splits)
        #expect(slots.runs == [0..<15])
    }

    /// Holes are worth small pages only once they are many.
    @Test func aNewSlabIsOpenedBeforeFewHolesAreFilled() throws {
        var table = Self.table(idleBytesMax: 0)
        let held = try (0..<320).map { _ in try Self.take(&table, Self.largest).slot }
        func punch(_ slots: ArraySlice<SlabSlot>) {
            for slot in slots {
                var next = table.giveBack(slot)
                while let release = next { next = table.released(release) }
            }
        }
        // An eighth of 11 slabs is 44 slots.
        punch(held.filter { $0.number < 3 }.prefix(30)[...])
        #expect(table.take(Self.largest).map { !$0.isCold } ?? true)
        punch(held.filter { (3..<8).contains($0.number) }.prefix(50)[...])
        while let taken = table.take(Self.largest) {
            if taken.isCold { return }
        }
        Issue.record("no hole was filled")
    }

    // MARK: - Against a model

    /// What the kernel and the holders of buffers would see, page by page.
    private struct Model {
        struct Page {
            var isResident = false
            var isUsed = false
            var isLeaving = false
        }

        private var pages: [Page] = []
        private(set) var usedBytes = 0
        /// Of pages that are not leaving.
        private(set) var residentBytes = 0

        static func pages(_ slab: Int, _ slots: Range<Int>, _ bytes: Int) -> Range<Int> {
            let start = slab * Slab.bytes
            let end = start + slots.upperBound * bytes
            return (start + slots.lowerBound * bytes) / page..<end / page
        }

        static func pages(of slab: Int) -> Range<Int> { pages(slab, 0..<1, Slab.bytes) }

        static func pages(_ release: SlabRelease) -> [Int] {
            switch release.part {
            case .whole: Array(pages(of: release.slab))
            case .slots(let slots, let bytes, _):
                slots.runs.flatMap { Array(pages(release.slab, $0, bytes)) }
            }
        }

        subscript(number: Int) -> Page {
            get { number < pages.count ? pages[number] : Page() }
            set {
                while pages.count <= number { pages.append(Page()) }
                let old = pages[number]
                usedBytes += (newValue.isUsed ? page : 0) - (old.isUsed ? page : 0)
                residentBytes +=
                    (newValue.isResident && !newValue.isLeaving ? page : 0)
                    - (old.isResident && !old.isLeaving ? page : 0)
                pages[number] = newValue
            }
        }
    }

    /// Takes, gives back, opens and releases in any order, releases and openings finished at any later time as other
    /// threads would: no two buffers overlap, no page that somebody holds is given back, and what is resident is
    /// within the bound.
    @Test(arguments: [
        (UInt64.random(in: .min ... .max), 16 << 20), (1, 0), (2, 1 << 20), (3, 3 << 20),
    ])
    func behavesLikeAListOfPages(seed: UInt64, idleBytesMax: Int) throws {
        var generator = SplitMix(seed: seed)
        var table = SlabTable(idleBytesMax: idleBytesMax)
        var model = Model()
        var held: [(slot: SlabSlot, size: SizeClass)] = []
        var releases: [SlabRelease] = []
        var opening: (slab: Int, size: SizeClass)?
        var peak = [Int](repeating: 0, count: SizeClass.count)
        var liveOfClass = peak
        var coldCount = 0
        let comment = Comment("seed \(seed), idle \(idleBytesMax)")

        func got(_ taken: SlabTable.Taken, _ size: SizeClass) {
            let number = Int(taken.slot.number)
            let pages = Model.pages(Int(taken.slot.slab), number..<(number + 1), size.bytes)
            #expect(taken.address == UInt(pages.lowerBound * Self.page), comment)
            for page in pages {
                let state = model[page]
                if state.isUsed || state.isLeaving || state.isResident == taken.isCold {
                    Issue.record("page \(page) is \(state), taken as \(taken); \(comment)")
                }
                model[page] = Model.Page(isResident: true, isUsed: true)
            }
            if taken.isCold { coldCount += 1 }
            held.append((taken.slot, size))
            liveOfClass[size.index] += size.bytes
            peak[size.index] = max(peak[size.index], liveOfClass[size.index])
        }
        func note(_ release: SlabRelease?) {
            guard let release else { return }
            if case .slots(_, _, splits: true) = release.part {
                #expect(
                    Model.pages(of: release.slab).allSatisfy { model[$0].isResident }, comment)
            }
            for page in Model.pages(release) {
                if model[page].isUsed || model[page].isLeaving {
                    Issue.record("page \(page) is \(model[page]), given back; \(comment)")
                }
                model[page].isLeaving = true
            }
            releases.append(release)
            // As many as there are threads.
            if releases.count > 3 { carryOut(at: 0) }
        }
        func carryOut(at place: Int) {
            let release = releases.remove(at: place)
            for page in Model.pages(release) { model[page] = Model.Page() }
            note(table.released(release))
        }

        for step in 0..<4000 {
            // Phases: growing, shrinking, and one class pushing out another.
            let phase = step / 250
            let size = SizeClass.all[
                phase % 3 == 0
                    ? Int.random(in: 0..<SizeClass.count, using: &generator)
                    : [0, 4, 2][phase % 3]]
            switch Int.random(in: 0..<100, using: &generator) {
            case 0..<15 where !releases.isEmpty:
                carryOut(at: Int.random(in: 0..<releases.count, using: &generator))
            case 15..<25 where opening != nil:
                guard let (slab, size) = opening else { break }
                opening = nil
                for page in Model.pages(of: slab) {
                    #expect(!model[page].isResident, comment)
                    model[page].isResident = true
                }
                let (taken, release) = table.begin(slab, size)
                got(taken, size)
                note(release)
            case let die where die < [85, 35, 70, 50][phase % 4]:
                for _ in 0..<8 {
                    if let taken = table.take(size) {
                        got(taken, size)
                    } else if opening == nil {
                        let count = table.slabs.count
                        let reserved =
                            table.reserve()
                            ?? table.add((count..<(count + 2)).map { UInt($0 * Slab.bytes) })
                        opening = (reserved.number, size)
                    }
                }
            default:
                for _ in 0..<8 where !held.isEmpty {
                    held.swapAt(
                        Int.random(in: 0..<held.count, using: &generator), held.count - 1)
                    guard let (slot, size) = held.popLast() else { continue }
                    let number = Int(slot.number)
                    for page in Model.pages(Int(slot.slab), number..<(number + 1), size.bytes) {
                        model[page].isUsed = false
                    }
                    liveOfClass[size.index] -= size.bytes
                    note(table.giveBack(slot))
                }
            }
            #expect(table.liveBytes == model.usedBytes, comment)
            #expect(table.begunBytes <= BufferPool.begunBytesMax, comment)
            let known = table.liveBytes + table.idleBytes + table.begunBytes
            #expect(model.residentBytes == known, "step \(step), \(comment)")
        }
        while !releases.isEmpty { carryOut(at: releases.count - 1) }
        #expect(table.idleBytes <= idleBytesMax, comment)
        #expect(idleBytesMax > 1 << 20 || coldCount > 0, "no hole was filled; \(comment)")
        let slabsMax =
            peak.reduce(0) { $0 + $1 * 8 / 7 / Slab.bytes + 2 } + idleBytesMax / Slab.bytes + 5
        #expect(table.slabs.count <= slabsMax, "more address space than the bound; \(comment)")
    }

    @Test func slabListsKeepTheirOrder() {
        var lists = SlabLists(count: 2)
        for _ in 0..<4 { lists.addSlab() }
        for slab in 0..<4 { lists.move(slab, to: 0) }
        #expect(lists.first(of: 0) == 3)
        lists.move(1, to: 1)
        lists.move(3, to: nil)
        #expect(lists.first(of: 0) == 2 && lists.first(of: 1) == 1 && lists.list(of: 3) == nil)
        lists.move(2, to: 1)
        lists.move(0, to: 1)
        #expect(lists.first(of: 0) == nil && lists.first(of: 1) == 0)
        lists.move(2, to: nil)
        lists.move(0, to: nil)
        #expect(lists.first(of: 1) == 1)
    }
}
