import Model
import TestSupport
import Testing
import Tiers

@testable import View

/// Another chunk size from one mount to the next costs nothing of what is cached, and no byte is wrong.
@Suite struct ChunkSizeTests {
    private static func limits(_ chunkSize: ByteCount) -> ViewFixture.Limits {
        var configuration = ContentConfiguration()
        for type in ContentType.allCases { configuration[type].chunkSize = chunkSize }
        return ViewFixture.Limits(
            memory: .mebibytes(64), disk: .mebibytes(256), rules: ContentRules(configuration))
    }

    /// Films, text, settings: in files of many chunks and in packs, with a short end.
    private static let sizes: [(name: String, size: Int)] = [
        ("film.mkv", (3 << 20) + 777), ("text.txt", 300_001), ("note.nfo", 40_000),
        ("a.conf", 5000),
        ("tiny", 1),
    ]

    private func files(_ fixture: ViewFixture) throws -> [(RelativePath, [UInt8])] {
        var random = SplitMix(seed: 5)
        return try Self.sizes.map { name, size in
            let bytes = random.content(size, compressible: name != "film.mkv")
            try TestLibrary.file("\(fixture.root)/\(name)", bytes)
            return (RelativePath([Name(name)]), bytes)
        }
    }

    private static let pairs: [(ByteCount, ByteCount)] = [
        (.kibibytes(4), .mebibytes(1)), (.mebibytes(1), .kibibytes(4)),
        (.kibibytes(64), .mebibytes(4)), (.mebibytes(4), .kibibytes(128)),
        (.kibibytes(32), .kibibytes(8)),
    ]

    @Test(arguments: pairs)
    func whatIsCachedWhollyIsReadFromTheCache(before: ByteCount, after: ByteCount) throws {
        let fixture = try ViewFixture(.eventual, limits: Self.limits(before))
        let files = try files(fixture)
        for (path, bytes) in files { #expect(try fixture.kernel.read(path) == bytes) }
        try fixture.settle()
        let missed = fixture.missed
        #expect(missed > 0)
        for limits in [Self.limits(after), Self.limits(before)] {
            try fixture.restart(limits)
            for (path, bytes) in files { #expect(try fixture.kernel.read(path) == bytes) }
            try fixture.settle()
            #expect(fixture.missed == missed)
        }
    }

    /// What is missing comes from the share, and is there the next time, whichever size the rules give then.
    @Test(arguments: pairs)
    func whatIsCachedInPartIsGoneOnWith(before: ByteCount, after: ByteCount) throws {
        let fixture = try ViewFixture(.eventual, limits: Self.limits(before))
        let files = try files(fixture)
        let part = 100_000
        func readParts() throws {
            for (path, bytes) in files {
                let node = try fixture.kernel.node(path)
                let handle = try fixture.kernel.open(node, KernelDouble.O.readOnly)
                defer { fixture.kernel.close(node, handle) }
                let got = try fixture.kernel.read(node, handle, at: 0, part)
                #expect(got == Array(bytes.prefix(part)))
            }
            try fixture.settle()
        }
        try readParts()
        try fixture.restart(Self.limits(after))
        // With what was asked of memory last, which is counted late.
        let missed = fixture.missed
        try readParts()
        #expect(fixture.missed == missed)
        for (path, bytes) in files { #expect(try fixture.kernel.read(path) == bytes) }
        try fixture.settle()
        try fixture.restart(Self.limits(after))
        let more = fixture.missed
        #expect(more > missed)
        for (path, bytes) in files { #expect(try fixture.kernel.read(path) == bytes) }
        try fixture.settle()
        #expect(fixture.missed == more)
    }

    /// Who opens to write, and reads first.
    @Test func whoMayWriteFindsItToo() throws {
        let fixture = try ViewFixture(.eventual, limits: Self.limits(.kibibytes(4)))
        let (path, bytes) = try files(fixture)[1]
        #expect(try fixture.kernel.read(path) == bytes)
        try fixture.settle()
        try fixture.restart(Self.limits(.mebibytes(1)))
        let missed = fixture.missed
        let node = try fixture.kernel.node(path)
        let handle = try fixture.kernel.open(node, KernelDouble.O.readWrite)
        defer { fixture.kernel.close(node, handle) }
        #expect(try fixture.kernel.read(node, handle, at: 0, bytes.count) == bytes)
        try fixture.settle()
        #expect(fixture.missed == missed)
    }

    /// A changed file is another version: nothing of the former is found for it, and it gets the size of today.
    @Test func whatHasChangedIsCutAnew() throws {
        let fixture = try ViewFixture(.eventual, limits: Self.limits(.kibibytes(4)))
        let (path, bytes) = try files(fixture)[1]
        #expect(try fixture.kernel.read(path) == bytes)
        try fixture.settle()
        var random = SplitMix(seed: 6)
        let new = random.content(bytes.count, compressible: true)
        try TestLibrary.file(
            "\(fixture.root)/\(path)", new, modified: TestLibrary.longAgo + 5)
        try fixture.restart(Self.limits(.kibibytes(64)))
        let missed = fixture.missed
        #expect(try fixture.kernel.read(path) == new)
        try fixture.settle()
        #expect(fixture.missed > missed)
        let node = NodeID(raw: try fixture.kernel.node(path))
        #expect(fixture.view.versions.known(node)?.geometry.chunkSize == 64 << 10)
    }

    /// Nobody is made to look while everything was cut by the same rules.
    @Test func itIsLookedForOnlyWhereItMayBeSo() throws {
        let (small, large) = (Self.limits(.kibibytes(4)), Self.limits(.mebibytes(1)))
        let fixture = try ViewFixture(.eventual, limits: small)
        let (path, bytes) = try files(fixture)[1]
        #expect(!fixture.holdsOtherChunkSizes)
        // Nothing is stored: another size is as good.
        try fixture.restart(large)
        #expect(!fixture.holdsOtherChunkSizes)
        #expect(try fixture.kernel.read(path) == bytes)
        try fixture.settle()
        try fixture.restart(large)
        #expect(!fixture.holdsOtherChunkSizes)
        try fixture.restart(small)
        #expect(fixture.holdsOtherChunkSizes)
        try fixture.restart(large)
        #expect(fixture.holdsOtherChunkSizes, "something small may have been stored meanwhile")
        _ = fixture.view.evict(RelativePath())
        try fixture.settle()
        try fixture.restart(large)
        #expect(!fixture.holdsOtherChunkSizes)
    }
}
