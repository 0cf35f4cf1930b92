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
        #expect(pins.covers(pathOf("a/b")) && pins.covers(pathOf("a/b/x/y")))
        #expect(!pins.covers(pathOf("a")) && !pins.covers(pathOf("a/bb")))
        #expect(!pins.covers(pathOf("")))
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
        #expect(!table.covers(pathOf("c")))
        #expect(try table.add(pathOf("c"), bytes: 40, most: 100))
        // It has grown, or the limit is smaller by now: what is pinned stays so.
        #expect(try !table.add(pathOf("c"), bytes: 39, most: 10))
    }
}
