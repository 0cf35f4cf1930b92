import Glibc
import Model
import Platform
import TestSupport
import Testing

@testable import Tiers

/// Bytes on disk that are not what was written: noticed, counted, never served.
@Suite(.timeLimit(.minutes(3))) struct DiskDamageTests {
    private func objectPath(_ fixture: DiskFixture, _ file: MadeFile) -> String {
        fixture.path + "/" + String(decoding: ObjectFiles.path(file.identity.key), as: UTF8.self)
    }

    /// Flips bytes all over one file's stored bytes, each time from a fresh copy.
    private func flip(_ file: MadeFile, path: (DiskFixture) -> String, every step: Int) throws {
        let fixture = try DiskFixture()
        fixture.storeAll(file)
        fixture.tier.drain()
        let sound = contents(path(fixture))
        #expect(!sound.isEmpty)
        var noticed = 0
        for offset in stride(from: 0, to: sound.count, by: step) {
            let before = fixture.tier.statistics.damaged
            overwrite(path(fixture), [sound[offset] ^ (1 << UInt8(offset % 8))], at: Int64(offset))
            let found = fixture.checkAll(file)
            fixture.tier.drain()
            let damaged = fixture.tier.statistics.damaged - before
            // Bytes in holes belong to nobody: then everything is found, and nothing is damaged.
            #expect((found < fixture.blockCount(file)) == (damaged > 0), "offset \(offset)")
            if damaged > 0 {
                noticed += 1
                // The chunk is gone as a whole, and can be stored again.
                fixture.storeAll(file)
                fixture.tier.drain()
                #expect(fixture.checkAll(file) == fixture.blockCount(file), "offset \(offset)")
            } else {
                overwrite(path(fixture), [sound[offset]], at: Int64(offset))
            }
        }
        #expect(noticed > 0)
        let statistics = fixture.tier.statistics
        #expect(statistics.state == .ok)
        #expect(statistics.chunks == file.chunks.count)
    }

    @Test func flipsInARawObject() throws {
        let file = MadeFile("film.mkv", size: 1_500_000)
        try flip(file, path: { objectPath($0, file) }, every: 29_989)
    }

    @Test func flipsInAPackedObject() throws {
        let file = MadeFile("notes.txt", size: 300_000, isText: true)
        try flip(file, path: { objectPath($0, file) }, every: 1999)
    }

    @Test(arguments: [true, false])
    func flipsInAPack(isText: Bool) throws {
        let fixture = try DiskFixture()
        let files = (0..<4).map { MadeFile("small \($0)", size: 6000, isText: isText) }
        for file in files { fixture.storeAll(file) }
        fixture.tier.drain()
        let path = fixture.path + "/packs/00000001"
        let sound = contents(path)
        for offset in stride(from: 0, to: sound.count, by: 101) {
            overwrite(path, [sound[offset] ^ 0x10], at: Int64(offset))
            let before = fixture.tier.statistics.damaged
            let found = files.reduce(0) { $0 + fixture.checkAll($1) }
            #expect(found == 4 - (fixture.tier.statistics.damaged - before))
            if found < 4 {
                // Begin again: places in a pack are never used twice.
                #expect(found == 3)
                break
            }
            overwrite(path, [sound[offset]], at: Int64(offset))
        }
        fixture.tier.drain()
        for file in files { fixture.storeAll(file) }
        fixture.tier.drain()
        #expect(files.reduce(0) { $0 + fixture.checkAll($1) } == 4)
    }

    /// A block that is sound in itself and lies where another belongs.
    @Test func blocksAtAWrongPlaceAreNoticed() throws {
        let fixture = try DiskFixture()
        let file = MadeFile("film.mkv", size: 2 << 20)
        let other = MadeFile("other.mkv", size: 2 << 20)
        fixture.storeAll(file)
        fixture.storeAll(other)
        fixture.tier.drain()
        let path = objectPath(fixture, file)
        let sound = contents(path)
        overwrite(path, Array(sound[65_536..<131_072]), at: 0)  // block 1 over block 0
        #expect(fixture.check(file, ChunkIndex(0)) == BlockMask(1..<16))
        overwrite(path, Array(sound[..<1_048_576]), at: 1 << 20)  // chunk 0 over chunk 1
        #expect(fixture.check(file, ChunkIndex(1)) == [])
        replace(path, contents(objectPath(fixture, other)))  // another object
        #expect(fixture.checkAll(file) == 0)
        #expect(fixture.checkAll(other) == 32)
    }

    @Test func aTruncatedOrMissingObjectIsAMiss() throws {
        let fixture = try DiskFixture()
        let file = MadeFile("film.mkv", size: 3 << 20)
        fixture.storeAll(file)
        fixture.tier.drain()
        #expect(truncate(objectPath(fixture, file), 1_200_000) == 0)
        #expect(fixture.check(file, ChunkIndex(0)) == BlockMask(0..<16))
        #expect(fixture.check(file, ChunkIndex(1)) == BlockMask(0..<2))
        #expect(fixture.check(file, ChunkIndex(2)) == [])
        try fixture.reopen { #expect(unlink(objectPath(fixture, file)) == 0) }
        #expect(fixture.checkAll(file) == 0)
        fixture.tier.drain()
        #expect(fixture.tier.statistics.objects == 0)
        fixture.storeAll(file)
        fixture.tier.drain()
        #expect(fixture.checkAll(file) == 48)
    }

    // MARK: - The index

    private static let listing = StoredListing(
        directory: FileAttributes(inode: 1, mode: 0o40755),
        entries: (0..<40).map {
            StoredListing.Entry(
                name: Name("entry \($0)"),
                attributes: FileAttributes(inode: UInt64($0 + 2), mode: 0o100644))
        }, fetchedAt: Timestamp(seconds: 1_800_000_000), ttl: 300)

    /// The files of a closed tier, to be put back as often as needed.
    private struct Saved {
        var files: [(name: String, bytes: [UInt8])]

        init(_ path: String) {
            files = filesBelow(path).map { ($0, contents(path + "/" + $0)) }
        }

        func restore(to path: String, except changed: [String: [UInt8]] = [:]) {
            for name in filesBelow(path) where !files.contains(where: { $0.name == name }) {
                unlink(path + "/" + name)
            }
            for (name, bytes) in files { replace(path + "/" + name, changed[name] ?? bytes) }
        }
    }

    private func made() throws -> (fixture: DiskFixture, files: [MadeFile]) {
        let fixture = try DiskFixture()
        let files =
            (0..<6).map { MadeFile("small \($0).txt", size: 9000) } + [
                MadeFile("film.mkv", size: 300_000),
                MadeFile("notes.txt", size: 150_000, isText: true),
            ]
        for file in files { fixture.storeAll(file) }
        for number in 0..<3 {
            fixture.tier.listings.put(RelativePath([Name("folder \(number)")]), Self.listing)
        }
        fixture.tier.drain()
        return (fixture, files)
    }

    private func checkEverything(_ fixture: DiskFixture, _ files: [MadeFile]) -> Int {
        for number in 0..<3 {
            let found = fixture.tier.listings.listing(of: RelativePath([Name("folder \(number)")]))
            #expect(found == nil || found == Self.listing)
        }
        return files.reduce(0) { $0 + fixture.checkAll($1) }
    }

    /// One byte after the other of the index, sampled; a flip may cost entries, never bytes.
    @Test func flipsInTheIndex() throws {
        let (fixture, files) = try made()
        let whole = files.reduce(0) { $0 + fixture.blockCount($1) }
        var saved: Saved?
        try fixture.reopen { saved = Saved(fixture.path) }
        guard let saved, let index = saved.files.first(where: { $0.name == "index.sqlite" }) else {
            Issue.record("no index")
            return
        }
        #expect(checkEverything(fixture, files) == whole)
        let seed = UInt64.random(in: .min ... .max)
        var random = SplitMix(seed: seed)
        var lost = 0
        // The header and the first page's start one by one in part, then anywhere.
        let offsets =
            [
                0, 16, 17, 18, 19, 20, 21, 24, 28, 40, 44, 47, 52, 56, 59, 60, 63, 68, 71, 92, 96,
                100, 103, 105,
            ]
            + (0..<100).map { _ in Int(random.next() % UInt64(index.bytes.count)) }
        for offset in offsets {
            var flipped = index.bytes
            flipped[offset] ^= 1 << UInt8(random.next() % 8)
            try fixture.reopen {
                saved.restore(to: fixture.path, except: ["index.sqlite": flipped])
            }
            let found = checkEverything(fixture, files)
            #expect(found <= whole, "seed \(seed), offset \(offset)")
            if found < whole {
                lost += 1
                // Works again, one way or another.
                fixture.tier.drain()
                fixture.tier.drain()
                for file in files { fixture.storeAll(file) }
                fixture.tier.drain()
                #expect(checkEverything(fixture, files) == whole, "seed \(seed), offset \(offset)")
            }
        }
        #expect(lost > 0)
    }

    @Test(arguments: [0, 1, 50, 99, 4096, 8191, 20_000])
    func aTruncatedIndexIsSetAside(length: Int) throws {
        let (fixture, files) = try made()
        try fixture.reopen {
            replace(
                fixture.path + "/index.sqlite",
                Array(contents(fixture.path + "/index.sqlite").prefix(length)))
        }
        _ = checkEverything(fixture, files)
        fixture.tier.drain()
        for file in files { fixture.storeAll(file) }
        fixture.tier.drain()
        #expect(checkEverything(fixture, files) == files.reduce(0) { $0 + fixture.blockCount($1) })
    }

    @Test func aForeignDatabaseIsSetAside() throws {
        let (fixture, files) = try made()
        var date = 0
        try fixture.reopen {
            unlink(fixture.path + "/index.sqlite")
            let foreign = try SQLiteConnection(path: fixture.path + "/index.sqlite", mode: .create)
            try foreign.execute("CREATE TABLE cats(name TEXT)")
            date = 1
        }
        #expect(date == 1)
        #expect(checkEverything(fixture, files) == 0)
        fixture.tier.drain()
        let names = filesBelow(fixture.path)
        #expect(names.contains("index.sqlite.damaged-20270115-080000"), "\(names)")
        // Objects without rows are gone, and the figures say so.
        #expect(
            names.filter { $0.hasPrefix("objects/") || $0.hasPrefix("packs/") } == [])
        #expect(fixture.tier.statistics.objects == 0)
        #expect(fixture.lines.withLock { $0.contains { $0.contains("set aside") } })
    }

    @Test func damageFoundWhileRunningRenewsTheIndex() throws {
        let (fixture, files) = try made()
        let path = fixture.path + "/index.sqlite"
        try fixture.reopen {
            // Every page behind the schema's own: opening works, look-ups do not.
            let size = contents(path).count
            overwrite(path, [UInt8](repeating: 0x5A, count: size - 4096), at: 4096)
        }
        #expect(checkEverything(fixture, files) == 0)
        fixture.tier.drain()
        fixture.tier.drain()
        #expect(fixture.tier.statistics.state == .ok)
        for file in files { fixture.storeAll(file) }
        fixture.tier.drain()
        #expect(checkEverything(fixture, files) == files.reduce(0) { $0 + fixture.blockCount($1) })
        #expect(filesBelow(fixture.path).contains { $0.hasPrefix("index.sqlite.damaged-") })
    }

    // MARK: - Kills

    @Test(arguments: [false, true])
    func afterAKillWhatWasCommittedIsThere(losesLog: Bool) throws {
        let fixture = try DiskFixture()
        let early = MadeFile("early.mkv", size: 1 << 20)
        let late = MadeFile("late.mkv", size: 2 << 20)
        let small = MadeFile("small", size: 9000)
        fixture.storeAll(early)
        fixture.tier.drain()
        fixture.storeAll(late)
        fixture.storeAll(small)
        // On disk, and not in the index.
        _ = fixture.tier.withKeeper { _ in 0 }
        try fixture.reopen(.killed) {
            if losesLog { unlink(fixture.path + "/index.sqlite-wal") }
        }
        let found = fixture.checkAll(early)
        #expect(losesLog ? found == 0 || found == 16 : found == 16)
        fixture.checkAll(late)
        fixture.checkAll(small)
        fixture.tier.drain()
        // Nothing takes room that no row knows of.
        let statistics = fixture.tier.statistics
        let used = statistics.used.bytes - statistics.indexUsed.bytes
        let real =
            allocatedBytes(fixture.path + "/objects") + allocatedBytes(fixture.path + "/packs")
        #expect(used == real)
        fixture.storeAll(late)
        fixture.storeAll(small)
        fixture.tier.drain()
        #expect(fixture.checkAll(late) == 32)
        #expect(fixture.checkAll(small) == 1)
    }
}
