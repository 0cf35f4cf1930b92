import Model
import Platform
import TestSupport
import Testing

@testable import Tiers

/// The bytes on disk, frozen. When one of these fails, the layout changed: raise the format version in
/// ``CacheDirectory/formatLine`` and in ``IndexFile``, and describe it in docs/DISK_FORMAT.md.
@Suite struct DiskFormatTests {
    private let identity = ObjectIdentity.make(
        share: ObjectKey(bytes: Array(0..<32)), path: RelativePath(["films", "a.mkv"]),
        fingerprint: Fingerprint(
            size: 3_000_000, modified: Timestamp(seconds: 1_700_000_000, nanoseconds: 5),
            strict: Fingerprint.Strict(changed: Timestamp(seconds: -7, nanoseconds: 9), inode: 77)),
        rules: .usual, now: Timestamp(seconds: 1_800_000_000))

    private func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private func parsed(_ hexadecimal: String) -> [UInt8] {
        let digits = Array(hexadecimal)
        return stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(digits[$0...($0 + 1)]), radix: 16)
        }
    }

    private func decode<Result>(
        _ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) -> Result?
    ) -> Result? {
        bytes.withUnsafeBytes { body($0) }
    }

    @Test func names() {
        #expect(CacheDirectory.formatLine == "larder cache, format 1")
        #expect(
            identity.key.hexadecimal
                == "d6591314a7c9cfd1ef07d68a2e6c596abca9724ba6f2ee61d42958f0bf7eff7e")
        #expect(
            String(decoding: ObjectFiles.path(identity.key), as: UTF8.self)
                == "objects/\(identity.key.hexadecimal.prefix(2))/"
                + "\(identity.key.hexadecimal.dropFirst(2).prefix(2))/\(identity.key.hexadecimal)")
        #expect(String(decoding: PackFiles.path(7), as: UTF8.self) == "packs/00000007")
        #expect(PackFiles.alignment == 4096 && PackFiles.smallFileMax == 65536)
        #expect(ObjectKey(hexadecimal: identity.key.hexadecimal) == identity.key)
        #expect(ObjectKey(hexadecimal: String(repeating: "A", count: 64)) == nil)
    }

    @Test func keysTellInputsApart() {
        var keys: Set<ObjectKey> = [identity.key]
        let print = identity.fingerprint
        func add(_ path: RelativePath, _ fingerprint: Fingerprint, share: UInt8 = 0) {
            let bytes = [share] + Array(1..<32)
            let made = ObjectIdentity.make(
                share: ObjectKey(bytes: bytes), path: path, fingerprint: fingerprint,
                rules: .usual, now: Timestamp(seconds: 1_800_000_000))
            #expect(keys.insert(made.key).inserted)
        }
        add(identity.path, print, share: 1)
        add(RelativePath(["films/a.mkv", "x"]), print)
        add(RelativePath(["films"]), print)
        var other = print
        other.size += 1
        add(identity.path, other)
        other = print
        other.modified.nanoseconds += 1
        add(identity.path, other)
        other = print
        other.strict = nil
        add(identity.path, other)
        other = print
        other.strict?.inode += 1
        add(identity.path, other)
    }

    @Test func blockSums() {
        let object = DiskObject(identity)
        let bytes: [UInt8] = Array("larder".utf8)
        let sum = XXH3.hash64(bytes, seed: object.blockSeed(ChunkIndex(2), 3))
        #expect(String(sum, radix: 16) == "7edbcdf879898bb6")
        #expect(sum != XXH3.hash64(bytes, seed: object.blockSeed(ChunkIndex(3), 2)))
    }

    private var packed: ChunkEntry {
        var entry = ChunkEntry(layout: .packed, allocated: 8192)
        entry.set(5, ChunkEntry.Block(offset: 40_000, length: 1000, isCompressed: true, sum: 2))
        entry.set(0, ChunkEntry.Block(offset: 0, length: 40_000, isCompressed: true, sum: 1))
        entry.set(6, ChunkEntry.Block(offset: 41_000, length: 65_536, isCompressed: false, sum: 3))
        return entry
    }

    @Test func chunkRecords() {
        let object = DiskObject(identity)
        let seed = object.recordSeed(ChunkIndex(1))
        let bytes = packed.encoded(seed: seed)
        #expect(
            hexadecimal(bytes)
                == "0100008040610081f1040100000000000000c0b802d10f0200000000000000"
                + "a8c00280800803000000000000006a69e594524c0775")
        let back = decode(bytes) {
            ChunkEntry($0, seed: seed, chunk: ChunkIndex(1), geometry: identity.geometry)
        }
        #expect(back == packed)

        var raw = ChunkEntry(layout: .raw, allocated: 4096)
        raw.set(
            13, ChunkEntry.Block(offset: 851_968, length: 50_880, isCompressed: false, sum: 0xABCD))
        let rawBytes = raw.encoded(seed: object.recordSeed(ChunkIndex(2)))
        #expect(hexadecimal(rawBytes) == "00000080208040cdab000000000000ca10161fc9cace80")
        let rawBack = decode(rawBytes) {
            ChunkEntry(
                $0, seed: object.recordSeed(ChunkIndex(2)), chunk: ChunkIndex(2),
                geometry: identity.geometry)
        }
        #expect(rawBack == raw)
        // In another chunk or object the same bytes are nothing.
        for seed in [seed, object.recordSeed(ChunkIndex(3)), 0] {
            #expect(
                decode(rawBytes) {
                    ChunkEntry($0, seed: seed, chunk: ChunkIndex(2), geometry: identity.geometry)
                } == nil)
        }
    }

    @Test func objectRecords() throws {
        let row = try #require(ObjectRow(9))
        let bytes = ObjectRecord.encoded(identity, row: row)
        #expect(
            hexadecimal(bytes)
                == "d6591314a7c9cfd1ef07d68a2e6c596abca9724ba6f2ee61d42958f0bf7eff7e"
                + "0014809bee0280c49fd50c05010d094d0b66696c6d732f612e6d6b7659d73f29d9f7be05")
        let back = try #require(decode(bytes) { ObjectRecord.decoded($0, row: row) })
        #expect(back.key == identity.key && back.path == identity.path)
        #expect(back.fingerprint == identity.fingerprint && back.geometry == identity.geometry)
        #expect(back.contentType == .media && back.isPersistent)
        let other = try #require(ObjectRow(8))
        #expect(decode(bytes) { ObjectRecord.decoded($0, row: other) } == nil)
    }

    @Test func usageAndTierRecords() throws {
        let row = ChunkRow(try #require(ObjectRow(9)), ChunkIndex(5))
        #expect(row.number == 9 << 32 | 5)
        let usage = UsageRecord(allocated: 1, hits: 2, priority: 3, lastUse: 4)
        let bytes = usage.encoded(row: row)
        #expect(
            hexadecimal(bytes)
                == "01000000020000000300000000000000040000000000000087bd38ff9a56f87d")
        #expect(decode(bytes) { UsageRecord($0, row: row) } == usage)
        #expect(decode(bytes) { UsageRecord($0, row: ChunkRow(number: 1)) } == nil)

        var tier = TierRecord()
        tier.dataBytes = 1 << 33
        tier.objectCount = 3
        tier.chunkCount = 300
        tier.age = 12
        tier.isClean = true
        tier.history[1] = DiskTierStatistics.History(hits: 1, misses: 200, evictions: 3)
        // As it was written before more was counted.
        let before = parsed(
            "808080804006d8040c00010500000001c801030000000000000000002a0dd38ac7dd4468")
        #expect(decode(before) { TierRecord($0) } == tier)
        tier.history[1].demotions = 1
        tier.history[1].promotions = 2
        tier.history[1].rejections = 3
        tier.history[1].writtenBytes = 4
        tier.history[1].packedBytes = 5
        #expect(
            hexadecimal(tier.encoded())
                == "808080804006d8040c00010500000001c801030000000000000000"
                + "00000000000001020304050000000000000000000000000000008f244a048383e46d")
        #expect(decode(tier.encoded()) { TierRecord($0) } == tier)
    }

    @Test func pins() throws {
        let fixture = try DiskFixture()
        let table = fixture.path + "/PINS"
        // As it was written before pins had priorities, and is where all have the usual one.
        let before = "0203612f62060566696c6d730a651b6f952884a185"
        try fixture.reopen { replace(table, parsed(before)) }
        let paths = [RelativePath(["a", "b"]), RelativePath(["films"])]
        let read = fixture.tier.pins.all
        #expect(read.map(\.path) == paths && read.map(\.bytes) == [3, 5])
        #expect(read.map(\.priority) == [.medium, .medium] && !fixture.tier.pins.wasLost)
        #expect(try !fixture.tier.pin(paths[0], bytes: 4))
        #expect(try !fixture.tier.pin(paths[0], bytes: 3))
        #expect(hexadecimal(contents(table)) == before)

        _ = try fixture.tier.pin(paths[0], bytes: 3, priority: .high)
        #expect(hexadecimal(contents(table)) == "0203612f62060566696c6d730a020176d477e280d7ef19")
        try fixture.reopen()
        #expect(fixture.tier.pins.all.map(\.priority) == [.high, .medium])
        // No such priority.
        var writer = ByteWriter()
        writer.raw(parsed("0101610303"))
        let strange = SealedRecord.seal(writer, seed: SealedRecord.seed(.pins, 0))
        try fixture.reopen { replace(table, strange) }
        #expect(fixture.tier.pins.wasLost && fixture.tier.pins.all.isEmpty)
    }

    static let listing = StoredListing(
        directory: FileAttributes(
            device: 1, inode: 2, mode: 0o40755, linkCount: 3, userID: 1000, groupID: 100,
            size: 4096, blocks: 8, accessed: Timestamp(seconds: 5),
            modified: Timestamp(seconds: 1_700_000_000, nanoseconds: 6),
            changed: Timestamp(seconds: -1)),
        entries: [
            StoredListing.Entry(
                name: Name([0xFF, 0x0A]),
                attributes: FileAttributes(inode: .max, mode: 0o100644, size: .max, blocks: 1)),
            StoredListing.Entry(
                name: "link", attributes: FileAttributes(inode: 3, mode: 0o120777),
                linkTarget: Array("../x".utf8)),
        ], fetchedAt: Timestamp(seconds: 1_800_000_000, nanoseconds: 1), ttl: 300)

    @Test func listingRecords() throws {
        let path = RelativePath(["films"]).bytes
        let bytes = try #require(ListingRecord.encoded(Self.listing, path: path))
        #expect(
            hexadecimal(bytes)
                == "71f01580c8ceb40d01ac020102ed830103e8076400804010802080c49fd50c06f5c39fd50c0081"
                + "0c0074000202ff0a00ff01009501a4830201000000fe11004202802000010091046c696e6b0003"
                + "ffc3220024000019006001042e2e2f78238d97d55127b19f")
        #expect(decode(bytes) { ListingRecord.decoded($0, path: path) } == Self.listing)
        #expect(decode(bytes) { ListingRecord.decoded($0, path: []) } == nil)
    }

    /// What is known of extended attributes is part of it where there is any.
    @Test func listingRecordsWithExtendedAttributes() throws {
        let path = RelativePath(["films"]).bytes
        var listing = Self.listing
        listing.entries[0].extendedAttributes = AttributeKnowledge(
            absent: [.accessACL, .names], unsupported: [.securityContext])
        listing.entries[1].extendedAttributes = AttributeKnowledge(
            unsupported: [.accessACL],
            answers: [
                .names: .value(Array("user.k\0".utf8)), .value("user.k"): .value([1, 2]),
                .value("a"): .absent, .value("b.c"): .unsupported,
            ])
        listing.extendedAttributes = AttributeKnowledge(absent: .defaultACL)
        let bytes = try #require(ListingRecord.encoded(listing, path: path))
        #expect(
            hexadecimal(bytes)
                == "9701f01580c8ceb40d01ac020102ed830103e8076400804010802080c49fd50c06f5c39fd50c00"
                + "810c0074000202ff0a00ff01009501a4830201000000fe110041028020000100d104031000046c"
                + "696e6b0003ffc325002400001c00f20d05042e2e2f78000204000207757365722e6b0001610003"
                + "622e630106100070020201020400006c5955d0cd6a041b")
        #expect(decode(bytes) { ListingRecord.decoded($0, path: path) } == listing)

        for bad in [
            AttributeKnowledge(absent: AttributeKnowledge.Common(rawValue: 128)),
            AttributeKnowledge(absent: .accessACL, unsupported: .accessACL),
            AttributeKnowledge(answers: [.value("a\0b"): .absent]),
        ] {
            listing.entries[0].extendedAttributes = bad
            let bytes = try #require(ListingRecord.encoded(listing, path: path))
            #expect(decode(bytes) { ListingRecord.decoded($0, path: path) } == nil)
        }
    }

    // MARK: - Bad records

    /// Every bit of every record flipped, every length cut: refused.
    @Test func damagedRecordsAreRefused() throws {
        let row = try #require(ObjectRow(9))
        let chunkRow = ChunkRow(row, ChunkIndex(1))
        let seed = DiskObject(identity).recordSeed(ChunkIndex(1))
        let geometry = identity.geometry
        let path = Array("p".utf8)
        let listing = try #require(ListingRecord.encoded(Self.listing, path: path))
        let readers: [(bytes: [UInt8], reads: (UnsafeRawBufferPointer) -> Bool)] = [
            (
                packed.encoded(seed: seed),
                { ChunkEntry($0, seed: seed, chunk: ChunkIndex(1), geometry: geometry) != nil }
            ),
            (
                ObjectRecord.encoded(identity, row: row),
                { ObjectRecord.decoded($0, row: row) != nil }
            ),
            (
                UsageRecord(allocated: 1, hits: 2, priority: 3, lastUse: 4).encoded(row: chunkRow),
                { UsageRecord($0, row: chunkRow) != nil }
            ),
            (TierRecord().encoded(), { TierRecord($0) != nil }),
            (listing, { ListingRecord.decoded($0, path: path) != nil }),
        ]
        for (bytes, reads) in readers {
            #expect(bytes.withUnsafeBytes { reads($0) })
            for place in bytes.indices {
                for bit in 0..<8 {
                    var flipped = bytes
                    flipped[place] ^= 1 << UInt8(bit)
                    #expect(!flipped.withUnsafeBytes { reads($0) }, "byte \(place), bit \(bit)")
                }
                #expect(!bytes.prefix(place).withUnsafeBytes { reads($0) })
            }
            #expect(!(bytes + [0]).withUnsafeBytes { reads($0) })
        }
    }

    /// Well sealed nonsense: what a defect, or somebody with time, could have written. Nothing may trap.
    @Test(arguments: [1, 2, UInt64.random(in: .min ... .max)])
    func sealedNonsenseIsRefused(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let row = try #require(ObjectRow(9))
        let chunkRow = ChunkRow(row, ChunkIndex(1))
        let path = Array("p".utf8)
        let objectSeed = SealedRecord.seed(.object, 9)
        let object = ObjectRecord.encoded(identity, row: row)
        for _ in 0..<3000 {
            // Random bytes, or a good record with a few bytes changed and sealed anew.
            var content = (0..<Int(random.next() % 60)).map { _ in
                UInt8(truncatingIfNeeded: random.next())
            }
            if random.next() % 2 == 0 {
                content = Array(object.dropLast(8))
                for _ in 0..<3 {
                    content[Int(random.next() % UInt64(content.count))] =
                        UInt8(truncatingIfNeeded: random.next())
                }
            }
            var writer = ByteWriter()
            writer.raw(content)
            _ = decode(SealedRecord.seal(writer, seed: 5)) {
                ChunkEntry($0, seed: 5, chunk: ChunkIndex(1), geometry: identity.geometry)
            }
            _ = decode(SealedRecord.seal(writer, seed: objectSeed)) {
                ObjectRecord.decoded($0, row: row)
            }
            _ = decode(
                SealedRecord.seal(writer, seed: SealedRecord.seed(.usage, UInt64(chunkRow.number)))
            ) { UsageRecord($0, row: chunkRow) }
            _ = decode(SealedRecord.seal(writer, seed: SealedRecord.seed(.state, 1))) {
                TierRecord($0)
            }
            _ = decode(SealedRecord.seal(writer, seed: ListingRecord.seed(path: path))) {
                ListingRecord.decoded($0, path: path)
            }
            content.withUnsafeBytes { _ = ChunkEntry.packPages($0) }
        }
    }

    @Test func impossibleListingsAreRefused() throws {
        let path = Array("p".utf8)
        for name in ["", ".", "..", "a/b", "a\0b"] {
            var listing = Self.listing
            listing.entries[0].name = Name(name)
            let bytes = try #require(ListingRecord.encoded(listing, path: path))
            #expect(decode(bytes) { ListingRecord.decoded($0, path: path) } == nil)
        }
        var listing = Self.listing
        listing.entries[0].attributes.size = -1
        let bytes = try #require(ListingRecord.encoded(listing, path: path))
        #expect(decode(bytes) { ListingRecord.decoded($0, path: path) } == nil)
        // A length that would make us unpack half the memory.
        var writer = ByteWriter()
        writer.variable(500 << 20)
        writer.raw([1, 2, 3])
        let bomb = SealedRecord.seal(writer, seed: ListingRecord.seed(path: path))
        #expect(decode(bomb) { ListingRecord.decoded($0, path: path) } == nil)
    }

    @Test func entriesBeyondTheirSlotAreRefused() {
        let chunk = ChunkIndex(2)  // 902,848 bytes: 13 blocks of 64 KiB and one of 50,896
        func reads(
            _ block: Int, _ stored: ChunkEntry.Block,
            _ change: (inout ChunkEntry) -> Void = { _ in }
        ) -> Bool {
            var entry = ChunkEntry(layout: .packed)
            entry.set(block, stored)
            change(&entry)
            return decode(entry.encoded(seed: 1)) {
                ChunkEntry($0, seed: 1, chunk: chunk, geometry: identity.geometry)
            } != nil
        }
        func block(_ offset: UInt32, _ length: Int, _ isCompressed: Bool) -> ChunkEntry.Block {
            ChunkEntry.Block(offset: offset, length: length, isCompressed: isCompressed, sum: 0)
        }
        #expect(reads(0, block(0, 65_535, true)))
        #expect(reads(0, block(902_847, 1, true)))
        #expect(!reads(0, block(902_848, 1, true)))
        #expect(!reads(0, block(.max, 1, true)))
        #expect(!reads(0, block(0, 0, true)))
        // LZ4 that is not shorter, raw that is not whole.
        #expect(!reads(0, block(0, 65_536, true)))
        #expect(reads(0, block(0, 65_536, false)))
        #expect(!reads(0, block(0, 65_535, false)))
        // Blocks that the chunk does not have.
        #expect(reads(13, block(0, 50_000, true)))
        #expect(!reads(14, block(0, 50_000, true)))
        // Packs are for small files.
        #expect(!reads(0, block(0, 100, true)) { $0.pack = 1 })
        #expect(!reads(0, block(0, 100, true)) { $0.packPage = 1 })
    }
}
