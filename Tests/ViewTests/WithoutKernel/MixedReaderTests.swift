import Model
import TestSupport
import Testing

@testable import View

/// One process scans, plays and works, as media centres, file managers and scripts do: what it comes back to is here, whatever else
/// it has read meanwhile.
@Suite struct MixedReaderTests {
    private let fixture: ViewFixture
    private static let documents = 400
    private static let photos = 100
    private static let heads = 64 << 10

    init() throws {
        // Memory holds a fifth of what is read.
        fixture = try ViewFixture(
            .eventual,
            limits: ViewFixture.Limits(memory: .mebibytes(8), disk: .mebibytes(256)))
        var random = SplitMix(seed: 11)
        for folder in ["documents", "photos"] {
            try Calls.makeDirectory("\(fixture.root)/\(folder)")
        }
        try TestLibrary.file(
            "\(fixture.root)/film.mkv", random.content(26 << 20, compressible: false))
        for number in 0..<Self.documents {
            try TestLibrary.file(
                "\(fixture.root)/documents/\(number).txt",
                random.content(20_000 + 100 * number, compressible: false))
        }
        for number in 0..<Self.photos {
            try TestLibrary.file(
                "\(fixture.root)/photos/\(number).jpg", random.content(2 << 20, compressible: false)
            )
        }
    }

    private func path(_ text: String) -> RelativePath {
        RelativePath(text.split(separator: "/").map { Name(String($0)) })
    }

    private func piece(_ path: RelativePath, at offset: Int64, _ size: Int) throws {
        let node = try fixture.kernel.node(path)
        let handle = try fixture.kernel.open(node, KernelDouble.O.readOnly)
        defer { fixture.kernel.close(node, handle) }
        #expect(try fixture.kernel.read(node, handle, at: offset, size).count == size)
    }

    /// Blocks that the share had to give, by what was read.
    private func pass() throws -> [String: UInt64] {
        var missed: [String: UInt64] = [:]
        func counted(_ what: String, _ body: () throws -> Void) throws {
            let before = fixture.missed
            try body()
            try fixture.settle()
            missed[what] = fixture.missed - before
        }
        try counted("film") {
            for number in 0..<200 {
                try piece(path("film.mkv"), at: Int64(number) << 17, 1 << 17)
            }
        }
        try counted("documents") {
            for number in 0..<Self.documents {
                _ = try fixture.kernel.read(path("documents/\(number).txt"))
            }
        }
        try counted("photos") {
            for number in 0..<Self.photos {
                try piece(path("photos/\(number).jpg"), at: 0, Self.heads)
            }
        }
        return missed
    }

    @Test(arguments: [false, true])
    func whatIsReadAgainIsHere(restarted: Bool) throws {
        let first = try pass()
        // The last of each shard is counted with what comes next.
        #expect(first["documents", default: 0] >= UInt64(Self.documents / 2))
        if restarted {
            try fixture.restart(
                ViewFixture.Limits(memory: .mebibytes(8), disk: .mebibytes(256)))
        }
        let second = try pass()
        for (what, blocks) in second {
            let before = first[what, default: 0]
            #expect(blocks * 100 <= 12 * before, "\(what): \(blocks) blocks, \(before) before")
        }
    }
}
