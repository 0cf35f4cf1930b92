import Model
import TestSupport
import Testing
import Tiers

@testable import View

/// Where a name says nothing, the first bytes do, when somebody has them.
@Suite struct FirstBytesTests {
    private static func limits(compressing: Bool) -> ViewFixture.Limits {
        var configuration = ContentConfiguration()
        configuration[.media].compression = compressing ? .on : .off
        configuration[.userData].compression = compressing ? .off : .on
        configuration[.media].chunkSize = .mebibytes(1)
        return ViewFixture.Limits(
            memory: .mebibytes(64), disk: .mebibytes(256), rules: ContentRules(configuration))
    }

    private static let matroska: [UInt8] = [0x1A, 0x45, 0xDF, 0xA3]
    private static let size = 4 << 20

    private func film(_ fixture: ViewFixture, _ name: String) throws -> (RelativePath, [UInt8]) {
        var random = SplitMix(seed: 9)
        let bytes = Self.matroska + random.content(Self.size - 4, compressible: true)
        try TestLibrary.file("\(fixture.root)/\(name)", bytes)
        return (RelativePath([Name(name)]), bytes)
    }

    private func finding(_ fixture: ViewFixture, _ path: RelativePath) -> ContentFinding {
        fixture.view.content(of: path, size: Int64(Self.size)).finding
    }

    private let unknown = ContentFinding(type: .userData, reason: .nothing)
    private let known = ContentFinding(type: .media, reason: .firstBytes("Matroska"))

    @Test func theyTellOnceTheyAreRead() throws {
        let fixture = try ViewFixture(.eventual, limits: Self.limits(compressing: true))
        let (path, bytes) = try film(fixture, "film")
        #expect(finding(fixture, path) == unknown)
        let node = try fixture.kernel.node(path)
        #expect(finding(fixture, path) == unknown)
        #expect(try fixture.kernel.read(path) == bytes)
        #expect(finding(fixture, path) == known)
        // Cut as it was when that was not known.
        #expect(fixture.view.versions.known(NodeID(raw: node))?.geometry.chunkSize == 512 << 10)
        try fixture.settle()
        // From the disk too, and again only when they are read.
        let missed = fixture.missed
        try fixture.restart(Self.limits(compressing: true))
        _ = try fixture.kernel.node(path)
        #expect(finding(fixture, path) == unknown)
        #expect(try fixture.kernel.read(path) == bytes)
        #expect(finding(fixture, path) == known)
        #expect(fixture.missed == missed)
    }

    /// Nothing is asked of the share for it.
    @Test func whoReadsElsewhereBringsThemNot() throws {
        let fixture = try ViewFixture(.eventual, limits: Self.limits(compressing: true))
        let (path, bytes) = try film(fixture, "film")
        let node = try fixture.kernel.node(path)
        let handle = try fixture.kernel.open(node, KernelDouble.O.readOnly)
        defer { fixture.kernel.close(node, handle) }
        let got = try fixture.kernel.read(node, handle, at: 2 << 20, 4096)
        #expect(got == Array(bytes[(2 << 20)..<(2 << 20) + 4096]))
        try fixture.settle()
        #expect(finding(fixture, path) == unknown)
    }

    /// The name, and what somebody has said of it, count more.
    @Test func theyAreAskedLast() throws {
        var configuration = ContentConfiguration()
        configuration[.config].match = [try ContentPattern("said")]
        let rules = ContentRules(configuration)
        let fixture = try ViewFixture(
            .eventual, limits: ViewFixture.Limits(disk: .mebibytes(256), rules: rules))
        for name in ["film.nfo", "said", ".hidden"] {
            let (path, bytes) = try film(fixture, name)
            #expect(try fixture.kernel.read(path) == bytes)
            #expect(finding(fixture, path) == rules.finding(of: path, size: Int64(Self.size)))
        }
        // What is no known extension says nothing.
        let (path, bytes) = try film(fixture, "film.part")
        #expect(try fixture.kernel.read(path) == bytes)
        #expect(finding(fixture, path) == known)
    }

    /// What they tell is in force before the first block is on the disk.
    @Test(arguments: [true, false]) func compressionGoesByThem(compressing: Bool) throws {
        let fixture = try ViewFixture(.eventual, limits: Self.limits(compressing: compressing))
        let (path, bytes) = try film(fixture, "film")
        let before = fixture.diskUsed
        #expect(try fixture.kernel.read(path) == bytes)
        try fixture.settle()
        let used = fixture.diskUsed - before
        if compressing {
            #expect(used < Int64(Self.size) * 9 / 10)
        } else {
            #expect(used >= Int64(Self.size))
        }
    }
}
