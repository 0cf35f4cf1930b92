import Model
import Platform
import Testing

@testable import Tiers

/// Reading all that is stored to see whether it is what was written.
@Suite struct VerificationTests {
    private func objectPath(_ fixture: DiskFixture, _ file: MadeFile) -> String {
        fixture.path + "/" + String(decoding: ObjectFiles.path(file.identity.key), as: UTF8.self)
    }

    /// Look by look, each as short as can be.
    private func verify(
        _ fixture: DiskFixture, below path: RelativePath = RelativePath(), sums: Bool = false
    ) throws -> (all: DiskVerification, looks: Int) {
        var all = DiskVerification()
        var next: Int64? = 0
        var looks = 0
        while let after = next {
            let found = try #require(
                fixture.tier.verify(below: path, after: after, for: .zero, wantsSums: sums))
            #expect(found.chunks <= 1, "there was no time for more")
            all.chunks += found.chunks
            all.bytes += found.bytes
            all.damaged += found.damaged
            all.damagedRows += found.damagedRows
            all.sums += found.sums
            next = found.next
            looks += 1
        }
        return (all, looks)
    }

    private func files() -> [MadeFile] {
        [
            MadeFile("films/raw.mkv", size: 2_600_000),
            MadeFile("text/packed.txt", size: 1_200_000, isText: true),
            MadeFile("text/small.nfo", size: 900, isText: true),
        ]
    }

    @Test func whatIsSoundIsSound() throws {
        let fixture = try DiskFixture()
        for file in files() { fixture.storeAll(file) }
        fixture.tier.drain()
        let (all, looks) = try verify(fixture)
        #expect(all.damaged == [] && all.damagedRows == 0)
        #expect(all.chunks == fixture.tier.statistics.chunks && looks >= all.chunks)
        #expect(all.bytes == files().reduce(0) { $0 + $1.geometry.fileSize })
        let text = try verify(fixture, below: RelativePath(["text"])).all
        #expect(text.bytes == 1_200_900)
        // Where there is time, one look is enough.
        let whole = try #require(
            fixture.tier.verify(below: RelativePath(), after: 0, for: .seconds(60)))
        #expect(whole.next == nil && whole.chunks == all.chunks)
    }

    @Test func whatIsDamagedIsToldAndDropped() throws {
        for file in files() {
            let fixture = try DiskFixture()
            for other in files() { fixture.storeAll(other) }
            fixture.tier.drain()
            let path =
                file.identity.geometry.fileSize > 1000
                ? objectPath(fixture, file)
                : try #require(
                    filesBelow(fixture.path).first { $0.hasPrefix("packs/") }
                        .map { "\(fixture.path)/\($0)" })
            overwrite(path, [contents(path)[100] ^ 8], at: 100)
            let (all, _) = try verify(fixture)
            #expect(all.damaged.map(\.path) == [file.identity.path])
            #expect(all.damaged.map(\.blocks) == [1])
            #expect(fixture.tier.statistics.damaged == 1)
            fixture.tier.drain()
            #expect(fixture.check(file, ChunkIndex(0)).isEmpty, "it was dropped")
            #expect(try verify(fixture).all.damaged == [])
        }
    }

    @Test func aCacheFileThatIsGoneIsTold() throws {
        let fixture = try DiskFixture()
        let file = files()[0]
        fixture.storeAll(file)
        fixture.tier.drain()
        try fixture.reopen { removeTree(objectPath(fixture, file)) }
        #expect(try verify(fixture).all.damaged.map(\.path).first == file.identity.path)
        fixture.tier.drain()
        #expect(try verify(fixture).all.chunks == 0)
    }

    @Test func sumsAreOfTheFilesBytes() throws {
        let fixture = try DiskFixture()
        for file in files() {
            fixture.storeAll(file)
            fixture.tier.drain()
            let sums = try verify(fixture, below: file.identity.path, sums: true).all.sums
                .flatMap(\.blocks).sorted { $0.offset < $1.offset }
            var end: Int64 = 0
            for sum in sums {
                #expect(sum.offset == end)
                end += Int64(sum.length)
                let chunk = ChunkIndex(UInt32(sum.offset / Int64(file.geometry.chunkSize)))
                let block = Int(sum.offset) % file.geometry.chunkSize / file.geometry.blockSize
                #expect(sum.sum == XXH3.hash64(file.bytes(chunk, block)))
            }
            #expect(end == file.geometry.fileSize)
        }
    }

    /// A row that does not tell of which file it is cannot be of the one that is asked for, for all that anybody knows.
    @Test func damagedRowsOfOthersAreNotCounted() throws {
        let fixture = try DiskFixture()
        for file in files() { fixture.storeAll(file) }
        fixture.tier.drain()
        try fixture.reopen {
            let index = try SQLiteConnection(
                path: fixture.path + "/index.sqlite", mode: .readWrite)
            try index.execute(
                "UPDATE objects SET record = zeroblob(length(record))"
                    + " WHERE id = (SELECT min(id) FROM objects)")
        }
        #expect(try verify(fixture).all.damagedRows == 1)
        let others = try verify(fixture, below: RelativePath(["text"])).all
        #expect(others.damagedRows == 0 && others.bytes == 1_200_900)
    }
}
