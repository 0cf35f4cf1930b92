import Model
import TestSupport
import Testing

@testable import Tiers

@Suite(.timeLimit(.minutes(3))) struct PinTests {
    private let kept = MadeFile("films/kept.mkv", size: 6 << 20)

    private func pathOf(_ text: String) -> RelativePath {
        RelativePath(text.split(separator: "/").map { Name(String($0)) })
    }

    /// Several times what the tier holds.
    private func goThroughOthers(_ fixture: DiskFixture, _ round: Int) {
        for number in 0..<12 {
            fixture.storeAll(MadeFile("others/\(round)-\(number).mkv", size: 4 << 20))
            fixture.tier.drain()
        }
    }

    private func isWhole(_ file: MadeFile, _ fixture: DiskFixture) -> Bool {
        file.chunks.allSatisfy { chunk in
            let whole = file.geometry.allBlocks(of: chunk)
            return fixture.load(file, chunk, whole).count == whole.count
        }
    }

    /// Films go by; what is pinned stays, also in the next session, until it is given free.
    @Test func whatIsPinnedStays() throws {
        let fixture = try DiskFixture(limit: .mebibytes(24))
        fixture.storeAll(kept)
        let first = try fixture.tier.pin(pathOf("films"), bytes: 6 << 20)
        let second = try fixture.tier.pin(pathOf("films"), bytes: 6 << 20)
        #expect(first && !second)
        goThroughOthers(fixture, 1)
        #expect(isWhole(kept, fixture))
        #expect(fixture.tier.statistics.evictions > 0)
        #expect(fixture.tier.statistics.used <= .mebibytes(24))

        try fixture.reopen()
        #expect(fixture.tier.pins.all.map(\.path) == [pathOf("films")])
        goThroughOthers(fixture, 2)
        #expect(isWhole(kept, fixture))

        #expect(try fixture.tier.unpin(pathOf("films")) == [pathOf("films")])
        goThroughOthers(fixture, 3)
        #expect(!isWhole(kept, fixture))
    }

    /// What comes to a pinned folder later is pinned as well.
    @Test func whatIsStoredLaterIsPinnedToo() throws {
        let fixture = try DiskFixture(limit: .mebibytes(24))
        _ = try fixture.tier.pin(pathOf("films"), bytes: 6 << 20)
        fixture.storeAll(kept)
        goThroughOthers(fixture, 1)
        #expect(isWhole(kept, fixture))
    }

    /// Nothing else fits: what comes is not stored, and the limit holds.
    @Test func pinsNeverGoBeyondTheLimit() throws {
        let fixture = try DiskFixture(limit: .mebibytes(24))
        _ = try fixture.tier.pin(pathOf(""), bytes: 6 << 20)
        goThroughOthers(fixture, 1)
        #expect(fixture.tier.statistics.used <= .mebibytes(24))
        #expect(fixture.tier.statistics.evictions == 0)
        #expect(fixture.tier.statistics.dropped > 0)
        // With the pin it all may go again.
        _ = try fixture.tier.unpin(pathOf(""))
        fixture.storeAll(kept)
        fixture.tier.drain()
        #expect(isWhole(kept, fixture))
    }

    /// The limit is a promise about the disk: what is pinned goes last, and goes.
    @Test func aSmallerLimitHoldsForPinsToo() throws {
        let fixture = try DiskFixture(limit: .mebibytes(64))
        _ = try fixture.tier.pin(pathOf("films"), bytes: 24 << 20)
        for number in 0..<4 {
            fixture.storeAll(MadeFile("films/\(number).mkv", size: 6 << 20))
        }
        goThroughOthers(fixture, 1)
        fixture.tier.setLimit(.mebibytes(12))
        fixture.tier.drain()
        #expect(fixture.tier.statistics.used <= .mebibytes(12))
        let left = (0..<4).filter { isWhole(MadeFile("films/\($0).mkv", size: 6 << 20), fixture) }
        #expect(left.count == 1, "what fits is still there, and nothing else")
    }

    /// A file that is gone from a pinned folder is not kept for ever.
    @Test func whatIsGoneIsNotProtected() throws {
        let fixture = try DiskFixture(limit: .mebibytes(24))
        _ = try fixture.tier.pin(pathOf("films"), bytes: 6 << 20)
        let gone = MadeFile("films/gone.mkv", size: 6 << 20)
        fixture.storeAll(gone)
        fixture.storeAll(kept)
        goThroughOthers(fixture, 1)
        #expect(isWhole(gone, fixture) && isWhole(kept, fixture), "nobody has looked yet")
        fixture.tier.notePinned([kept.identity.path.hashValue])
        goThroughOthers(fixture, 2)
        #expect(!isWhole(gone, fixture) && isWhole(kept, fixture))
    }

    /// What was read before a removal is not stored behind it.
    @Test func whatIsRemovedMeanwhileIsNotStored() throws {
        let fixture = try DiskFixture()
        let gate = fixture.tier.gate
        func isStored(_ path: String, _ body: () -> Void) -> Bool {
            let pass = gate.enter(pathOf(path))
            body()
            var isStored = false
            gate.use(pass) { isStored = true }
            #expect(gate.leave(pass) == isStored)
            return isStored
        }
        let tier = fixture.tier
        #expect(isStored("a/b") {})
        #expect(isStored("a/b") { tier.discard(pathOf("a/c")) })
        #expect(!isStored("a/b") { tier.discard(pathOf("a/b")) })
        #expect(!isStored("a/b") { tier.discardDurably(pathOf("a"), isFolder: true) })
        #expect(!isStored("a/b") { tier.discardDurably(size: 1, modified: Timestamp(seconds: 1)) })
        #expect(!isStored("a/b") { tier.evict() })
        #expect(!isStored("films/kept.mkv") { tier.discard(kept.identity) })
    }

    @Test func aFolderCoversWhatIsBelowIt() throws {
        let fixture = try DiskFixture()
        _ = try fixture.tier.pin(pathOf("a/b"), bytes: 6 << 20)
        _ = try fixture.tier.pin(pathOf("a/b/c"), bytes: 6 << 20)
        let pins = fixture.tier.pins
        #expect(pins.protects(pathOf("a/b")) && pins.protects(pathOf("a/b/x/y")))
        #expect(!pins.protects(pathOf("a")) && !pins.protects(pathOf("a/bb")))
        #expect(!pins.protects(pathOf("")))
        let removed = try fixture.tier.unpin(pathOf("a"))
        #expect(removed.count == 2 && pins.all.isEmpty)
        #expect(try fixture.tier.unpin(pathOf("a")).isEmpty)
    }

    /// A table that does not read back is none, and says so.
    @Test func aDamagedTableIsNoticed() throws {
        let fixture = try DiskFixture()
        _ = try fixture.tier.pin(pathOf("a/b"), bytes: 6 << 20)
        #expect(!fixture.tier.pins.wasLost)
        let table = fixture.path + "/PINS"
        var bytes = contents(table)
        bytes[bytes.count / 2] ^= 1
        overwrite(table, bytes)
        try fixture.reopen()
        #expect(fixture.tier.pins.wasLost && fixture.tier.pins.all.isEmpty)
    }

    @Test func thereIsABound() throws {
        let fixture = try DiskFixture()
        let table = PinTable(fixture.tier.core.root, countMax: 2)
        for number in 0..<2 {
            #expect(try table.add(pathOf("\(number)"), bytes: 1, most: 100))
        }
        #expect(throws: PinTable.Failure.tooMany) {
            try table.add(pathOf("2"), bytes: 1, most: 100)
        }
        let kept = PinTable(fixture.tier.core.root).all.map(\.path)
        #expect(kept == [pathOf("0"), pathOf("1")] && kept == table.all.map(\.path))
    }

    /// What does not fit is refused with the figures, and nothing changes; what two pins cover counts once.
    @Test func noMoreIsPinnedThanFits() throws {
        let fixture = try DiskFixture()
        let table = PinTable(fixture.tier.core.root)
        #expect(try table.add(pathOf("a"), bytes: 60, most: 100))
        #expect(try table.add(pathOf("a/b"), bytes: 50, most: 100))
        #expect(throws: PinTable.Failure.tooLarge(pinned: 60, asked: 41, max: 100)) {
            try table.add(pathOf("c"), bytes: 41, most: 100)
        }
        #expect(!table.protects(pathOf("c")))
        #expect(try table.add(pathOf("c"), bytes: 40, most: 100))
        // It has grown, or the limit is smaller by now: what is pinned stays so.
        #expect(try !table.add(pathOf("c"), bytes: 39, most: 10))
    }

    // MARK: - Priorities

    @Test func prioritiesAreKept() throws {
        let fixture = try DiskFixture()
        func priorities() -> [PinPriority] { fixture.tier.pins.all.map(\.priority) }
        #expect(try fixture.tier.pin(pathOf("a"), bytes: 1))
        #expect(try fixture.tier.pin(pathOf("b"), bytes: 1, priority: .high))
        #expect(try fixture.tier.pin(pathOf("c"), bytes: 1, priority: .low))
        try fixture.reopen()
        #expect(priorities() == [.medium, .high, .low] && !fixture.tier.pins.wasLost)
        // Looked through again, not given another one.
        #expect(try !fixture.tier.pin(pathOf("b"), bytes: 2))
        #expect(try !fixture.tier.pin(pathOf("c"), bytes: 2, priority: .low))
        #expect(try fixture.tier.pin(pathOf("a"), bytes: 2, priority: .low))
        #expect(try fixture.tier.pin(pathOf("b"), bytes: 2, priority: .medium))
        try fixture.reopen()
        #expect(priorities() == [.low, .medium, .low])
        #expect(fixture.tier.pins.all.map(\.bytes) == [2, 2, 2])
    }

    @Test func ofSeveralPinsTheNearestCounts() throws {
        let fixture = try DiskFixture()
        let pins = PinTable(fixture.tier.core.root)
        for (path, priority) in [("", .low), ("a", .high), ("a/b/c", .medium)] as [(_, PinPriority)]
        {
            _ = try pins.add(pathOf(path), bytes: 1, priority: priority, most: 100)
        }
        func priority(_ path: String) -> PinPriority? { pins.protection(of: pathOf(path)) }
        #expect(priority("x/y") == .low && priority("a") == .high && priority("a/b/x") == .high)
        #expect(priority("a/b/c") == .medium && priority("a/b/c/d") == .medium)
        _ = try pins.remove(pathOf("a/b"))
        #expect(priority("a/b/c/d") == .high)
        #expect(pins.covering(pathOf("a/b/c"))?.path == pathOf("a"))
    }

    private func film(_ folder: String, _ number: Int) -> MadeFile {
        MadeFile("\(folder)/\(number).mkv", size: 6 << 20)
    }

    /// Of the two films in a folder.
    private func whole(_ folder: String, _ fixture: DiskFixture) -> Int {
        (0..<2).filter { isWhole(film(folder, $0), fixture) }.count
    }

    /// What matters less was there first: by the order in which things came it would stay.
    private func storeFilms(_ fixture: DiskFixture) throws {
        for (folder, priority) in [("low", .low), ("usual", .medium), ("high", .high)]
            as [(_, PinPriority)]
        {
            _ = try fixture.tier.pin(pathOf(folder), bytes: 12 << 20, priority: priority)
            for number in 0..<2 { fixture.storeAll(film(folder, number)) }
            fixture.tier.drain()
        }
        goThroughOthers(fixture, 1)
    }

    /// Under a smaller limit what matters most is what stays.
    @Test func whatMattersLessGoesFirst() throws {
        let fixture = try DiskFixture(limit: .mebibytes(64))
        try storeFilms(fixture)
        for (limit, left) in [(32, [1, 2, 2]), (20, [0, 1, 2]), (12, [0, 0, 1])] as [(Int64, [Int])]
        {
            fixture.tier.setLimit(.mebibytes(limit))
            fixture.tier.drain()
            #expect(fixture.tier.statistics.used <= .mebibytes(limit))
            #expect(["low", "usual", "high"].map { whole($0, fixture) } == left)
        }
    }

    /// What has been found to be pinned already is looked at anew.
    @Test func anotherPriorityCountsFromThenOn() throws {
        let fixture = try DiskFixture(limit: .mebibytes(64))
        try storeFilms(fixture)
        _ = try fixture.tier.pin(pathOf("low"), bytes: 12 << 20, priority: .high)
        _ = try fixture.tier.pin(pathOf("high"), bytes: 12 << 20, priority: .low)
        _ = try fixture.tier.pin(pathOf("usual/0.mkv"), bytes: 6 << 20, priority: .low)
        fixture.tier.setLimit(.mebibytes(20))
        fixture.tier.drain()
        #expect(["low", "usual", "high"].map { whole($0, fixture) } == [2, 1, 0])
        #expect(isWhole(film("usual", 1), fixture))
    }

    /// Where pins fill the disk, what comes of a higher priority takes the place of a lower, and never the other way round.
    @Test func whatMattersMoreFindsRoom() throws {
        let fixture = try DiskFixture(limit: .mebibytes(32))
        for (folder, priority) in [("low", .low), ("usual", .medium), ("high", .high)]
            as [(_, PinPriority)]
        {
            _ = try fixture.tier.pin(pathOf(folder), bytes: 1, priority: priority)
        }
        for number in 0..<5 { fixture.storeAll(film("usual", number)) }
        fixture.tier.drain()
        let before = fixture.tier.statistics
        #expect(before.dropped > 0 && before.evictions == 0)
        for folder in ["low", "usual"] { fixture.storeAll(film(folder, 9)) }
        fixture.tier.drain()
        #expect(fixture.tier.statistics.evictions == 0)
        fixture.storeAll(film("high", 0))
        fixture.tier.drain()
        #expect(isWhole(film("high", 0), fixture))
        #expect(fixture.tier.statistics.used <= .mebibytes(32))
        #expect((0..<5).filter { isWhole(film("usual", $0), fixture) }.count == 3)
    }
}
