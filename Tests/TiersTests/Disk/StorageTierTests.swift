import Eviction
import Model
import Platform
import TestSupport
import Testing

@testable import Tiers

/// A small disk tier, and a larger one behind it.
@Suite(.timeLimit(.minutes(3))) struct StorageTierTests {
    /// Both, on one clock.
    private final class Pair {
        let near: DiskFixture
        private(set) var far: DiskTier
        let farDirectory = TemporaryDirectory()
        private let open: (DiskFixture, String) throws -> DiskTier

        init(
            near limit: ByteCount = .mebibytes(16), far farLimit: ByteCount = .mebibytes(96),
            _ rule: EvictionRule = .lfuAgeing
        ) throws {
            near = try DiskFixture(limit: limit)
            open = { near, path in
                let far = try near.tier.openFollower(
                    objects: path, limit: farLimit, freeSpaceMin: ByteCount(0), eviction: rule)
                near.tier.attach(far)
                return far
            }
            far = try open(near, farDirectory.path)
        }

        /// Ends both, lets `body` do things in a session in which the storage tier's disk is not there, and opens both again.
        func reopen(
            _ end: DiskFixture.End = .clean, without body: ((DiskFixture) throws -> Void)? = nil
        ) throws {
            try near.reopen(end)
            if let body {
                try body(near)
                try near.reopen()
            }
            far = try open(near, farDirectory.path)
        }

        func store(_ file: MadeFile) {
            for chunk in file.chunks {
                far.object(file.identity).store(
                    file.blocks(chunk, file.geometry.allBlocks(of: chunk), from: near.pool),
                    of: chunk)
            }
            far.drain()
        }

        /// Blocks of a file that the storage tier gives back, all of them right.
        func blocks(_ file: MadeFile) -> Int {
            file.chunks.reduce(0) { sum, chunk in
                let answer = ConditionMutex<[LoadedBlock]?>(nil)
                let whole = file.geometry.allBlocks(of: chunk)
                let load = far.object(file.identity).load(whole, of: chunk, isUrgent: true) {
                    blocks in
                    answer.withLock { state, condition in
                        state = blocks
                        condition.broadcast()
                    }
                }
                guard load != nil else { return sum }
                let loaded = answer.wait { state, _ in state }
                for block in loaded {
                    #expect(file.isRight(block, of: chunk))
                    withExtendedLifetime(block) {}
                }
                return sum + loaded.count
            }
        }

        /// More than the disk tier holds.
        func goOn(_ name: String, _ priority: Priority = .medium) -> [MadeFile] {
            let files = (0..<10).map { MadeFile("\(name)/\($0).bin", size: 4 << 20) }
            for file in files {
                for chunk in file.chunks {
                    let whole = file.geometry.allBlocks(of: chunk)
                    near.tier.object(file.identity).store(
                        file.blocks(chunk, whole, from: near.pool), of: chunk, priority: priority)
                }
                near.tier.drain()
            }
            return files
        }
    }

    /// What the disk lets go is in the storage tier; nothing is in neither.
    @Test func whatTheDiskLetsGoMovesOn() throws {
        let pair = try Pair()
        let files = pair.goOn("a")
        #expect(pair.near.tier.statistics.evictions > 0)
        #expect(pair.near.tier.statistics.demotions == pair.near.tier.statistics.evictions)
        for file in files {
            let here = pair.near.checkAll(file)
            #expect(max(here, pair.blocks(file)) > 0)
            #expect(here + pair.blocks(file) >= pair.near.blockCount(file))
        }
        #expect(pair.near.tier.statistics.used <= .mebibytes(16))
        #expect(pair.far.statistics.used <= .mebibytes(96))
    }

    /// Nobody has asked again for what a scanner brought in: it is not worth a write.
    @Test func whatAScannerHasBroughtInGoesForGood() throws {
        let pair = try Pair()
        let files = pair.goOn("a", .low)
        #expect(pair.near.tier.statistics.evictions > 0)
        #expect(pair.near.tier.statistics.demotions == 0)
        #expect(files.allSatisfy { pair.blocks($0) == 0 })
    }

    /// In one of all ways.
    private func remove(_ file: MadeFile, from tier: DiskTier, _ way: String) {
        let identity = file.identity
        switch way {
        case "discard": tier.discard(identity.path)
        case "durably": tier.discardDurably(identity.path)
        case "folder": tier.discardDurably(identity.path.parent, isFolder: true)
        case "versions":
            tier.discardDurably(
                size: identity.fingerprint.size, modified: identity.fingerprint.modified)
        case "evict": tier.evict(identity.path)
        case "everything": tier.evict()
        default: tier.discard(identity)
        }
        tier.drain()
    }

    /// Each way of removing, while chunks are on their way: nothing comes back.
    @Test(arguments: [
        "discard", "durably", "folder", "versions", "evict", "everything", "identity",
    ])
    func whatIsRemovedIsRemovedThereToo(way: String) throws {
        let pair = try Pair()
        let files = pair.goOn("a/b")
        let moved = try #require(files.first { pair.blocks($0) > 0 })
        // More is on its way.
        let more = MadeFile("a/more.bin", size: 8 << 20)
        pair.near.storeAll(more)
        remove(moved, from: pair.near.tier, way)
        #expect(pair.blocks(moved) == 0)
        #expect(pair.near.checkAll(moved) == 0)
        if way == "everything" { #expect(pair.far.statistics.objects == 0) }
    }

    /// The versions that the disk has may be older than what the storage tier was given.
    @Test func anOlderVersionDoesNotTakeTheNewersPlace() throws {
        let pair = try Pair()
        let old = MadeFile("film.bin", size: 2 << 20, version: 1)
        let new = MadeFile("film.bin", size: 2 << 20, version: 2)
        pair.near.storeAll(old)
        pair.store(new)
        _ = pair.goOn("a")
        #expect(pair.near.checkAll(old) == 0)
        #expect(pair.blocks(old) == 0)
        #expect(pair.blocks(new) == pair.near.blockCount(new))
    }

    /// Full of what is used, it takes nothing that is worth less.
    @Test(arguments: EvictionRule.allCases)
    func whatIsWorthLessThanAllThatIsThereIsNotTaken(rule: EvictionRule) throws {
        let pair = try Pair(far: .mebibytes(12), rule)
        let loved = MadeFile("loved.bin", size: 8 << 20)
        for chunk in loved.chunks {
            pair.far.object(loved.identity).store(
                loved.blocks(chunk, loved.geometry.allBlocks(of: chunk), from: pair.near.pool),
                of: chunk, priority: .high)
        }
        pair.far.drain()
        for _ in 0..<5 { #expect(pair.blocks(loved) == pair.near.blockCount(loved)) }
        _ = pair.goOn("a")
        #expect(pair.blocks(loved) == pair.near.blockCount(loved))
        #expect(pair.far.statistics.used <= .mebibytes(12))
    }

    /// Used twice within minutes it belongs to the disk; once a day it does not.
    @Test(arguments: EvictionRule.allCases)
    func whatIsUsedOftenMovesUp(rule: EvictionRule) throws {
        let pair = try Pair(near: .mebibytes(16), rule)
        let file = MadeFile("film.mkv", size: 2 << 20)
        let first = file.chunks[0]
        let object = pair.far.object(file.identity)
        object.store(
            file.blocks(first, file.geometry.allBlocks(of: first), from: pair.near.pool), of: first)
        pair.far.drain()
        pair.near.clock.advance(by: .seconds(86400))
        #expect(pair.blocks(file) > 0)
        #expect(!object.movesUp(first))
        pair.near.clock.advance(by: .seconds(120))
        #expect(pair.blocks(file) > 0)
        #expect(object.movesUp(first))
        #expect(pair.far.statistics.promotions == 1)
    }

    /// What is pinned stays in either.
    @Test(arguments: EvictionRule.allCases)
    func whatIsPinnedStaysThere(rule: EvictionRule) throws {
        let pair = try Pair(far: .mebibytes(24), rule)
        let kept = MadeFile("kept/film.bin", size: 4 << 20)
        pair.store(kept)
        _ = try pair.near.tier.pin(kept.identity.path.parent, bytes: 4 << 20)
        pair.near.clock.advance(by: .seconds(86400))
        for round in 0..<3 { _ = pair.goOn("a\(round)") }
        #expect(pair.far.statistics.evictions > 0)
        #expect(pair.blocks(kept) == pair.near.blockCount(kept))
    }

    /// What it holds is there in the next session, after a kill as well; of another share's cache it is nothing.
    @Test(arguments: [DiskFixture.End.clean, .killed])
    func whatItHoldsIsKept(end: DiskFixture.End) throws {
        let pair = try Pair()
        let file = MadeFile("film.mkv", size: 4 << 20)
        pair.store(file)
        try pair.reopen(end)
        #expect(pair.blocks(file) == pair.near.blockCount(file))

        let other = try Pair()
        #expect(other.blocks(file) == 0)
    }

    /// Its disk was not there, and something was removed meanwhile: it is not served when the disk is there again, and all else is.
    @Test(arguments: ["discard", "durably", "folder", "versions", "evict", "identity"])
    func whatIsRemovedWithoutItIsRemovedWhenItIsBack(way: String) throws {
        let pair = try Pair()
        let (old, kept) = (MadeFile("a/film.mkv", size: 4 << 20), MadeFile("b.mkv", size: 3 << 20))
        for file in [old, kept] { pair.store(file) }
        try pair.reopen { near in
            remove(old, from: near.tier, way)
        }
        #expect(pair.blocks(old) == 0)
        #expect(pair.blocks(kept) == pair.near.blockCount(kept))
        // It may be stored again.
        #expect(
            Eventually.holds {
                pair.store(old)
                return pair.blocks(old) == pair.near.blockCount(old)
            })
    }

    /// More than can be remembered, or what was left undone is not known: nothing of it is believed.
    @Test(arguments: [true, false])
    func whatCannotBeRememberedIsNotBelieved(isMuch: Bool) throws {
        let pair = try Pair()
        let file = MadeFile("film.mkv", size: 4 << 20)
        pair.store(file)
        let root = pair.near.path
        try pair.reopen { near in
            if isMuch {
                let folder = String(repeating: String(repeating: "f", count: 200) + "/", count: 18)
                for number in 0..<320 {
                    near.tier.discardDurably(MadeFile("\(folder)\(number)", size: 1).identity.path)
                }
            } else {
                replace("\(root)/UNREMOVED", [])
            }
        }
        #expect(pair.blocks(file) == 0)
    }

    /// While it is being removed it is not served, whatever the storage tier's disk does.
    @Test func whatIsRemovedIsNotServedMeanwhile() throws {
        let pair = try Pair()
        let file = MadeFile("film.mkv", size: 4 << 20)
        pair.store(file)
        let gate = Gate()
        let far = pair.far
        startThread(name: "holder") {
            _ = far.withKeeper { _ in gate.pass() }
        }
        gate.waitFor(1)
        pair.near.tier.discardDurably(file.identity.path)
        #expect(far.object(file.identity).stored(file.chunks[0]) == [])
        #expect(pair.blocks(file) == 0)
        gate.open()
        #expect(Eventually.holds { far.statistics.objects == 0 })
    }

    /// One reader goes through a film in parts: that is one use.
    @Test func whoGoesThroughItOnceUsesItOnce() throws {
        let pair = try Pair()
        let file = MadeFile("film.mkv", size: 2 << 20)
        pair.store(file)
        pair.near.clock.advance(by: .seconds(86400))
        let object = pair.far.object(file.identity)
        for _ in 0..<8 {
            #expect(pair.blocks(file) == pair.near.blockCount(file))
            pair.near.clock.advance(by: .seconds(5))
        }
        #expect(!object.movesUp(file.chunks[0]))
        pair.near.clock.advance(by: .seconds(120))
        #expect(pair.blocks(file) == pair.near.blockCount(file))
        #expect(object.movesUp(file.chunks[0]))
    }

    /// What was found to be pinned in the tier behind is found to be so no more, once it is given free.
    @Test func whatIsGivenFreeMayGoThereToo() throws {
        let pair = try Pair(far: .mebibytes(24), .retention)
        let kept = MadeFile("kept/film.bin", size: 4 << 20)
        pair.store(kept)
        _ = try pair.near.tier.pin(kept.identity.path.parent, bytes: 4 << 20)
        pair.near.clock.advance(by: .seconds(86400))
        for round in 0..<3 { _ = pair.goOn("a\(round)") }
        #expect(pair.blocks(kept) == pair.near.blockCount(kept))
        _ = try pair.near.tier.unpin(kept.identity.path.parent)
        pair.near.clock.advance(by: .seconds(86400 * 40))
        for round in 0..<3 { _ = pair.goOn("b\(round)") }
        #expect(pair.blocks(kept) == 0)
    }

    /// What the tier says it takes is what it takes, after a kill, a count of everything and with another index, too.
    @Test func itsLimitIsOnWhatLiesOnItsDisk() throws {
        let pair = try Pair(far: .mebibytes(24))
        let data = { allocatedBytes(pair.farDirectory.path) }
        let isRight = {
            let used = pair.far.statistics.used.bytes - pair.far.statistics.indexUsed.bytes
            return abs(used - data()) <= 64 << 10
        }
        for round in 0..<3 {
            _ = pair.goOn("a\(round)")
            try pair.reopen(.killed)
            pair.far.drain()
            #expect(isRight(), "round \(round)")
        }
        #expect(data() <= 24 << 20)
        _ = pair.far.withKeeper { $0.auditNow() }
        #expect(isRight())
        #expect(data() > 4 << 20)

        try pair.reopen { near in replace("\(near.path)/FOLLOWER", [1]) }
        pair.far.drain()
        #expect(pair.far.statistics.objects == 0 && isRight())
        #expect(data() < 1 << 20)
    }

    /// Many files that it has nothing of are changed: what it has stays.
    @Test func itKeepsWhatItHasWhileOthersAreChanged() throws {
        let pair = try Pair()
        let film = MadeFile("film.mkv", size: 4 << 20)
        pair.store(film)
        for number in 0..<600 {
            let other = MadeFile("others/\(number)", size: 1)
            // It was asked for it, as for whatever is read.
            _ = pair.far.object(other.identity).stored(ChunkIndex(0))
            pair.near.tier.discardDurably(other.identity.path)
        }
        pair.near.tier.drain()
        #expect(pair.blocks(film) == pair.near.blockCount(film))
        try pair.reopen()
        #expect(pair.blocks(film) == pair.near.blockCount(film))
    }
}
