import Glibc
import Model
import Platform
import Share
import TestSupport
import Testing

@testable import View

/// Files that no name leads to any more, over a share whose client gives what is open and deleted another name in its folder.
@Suite struct NamelessFileTests {
    private let fixture: ViewFixture
    private let path: String

    init() throws {
        fixture = try ViewFixture(
            .eventual,
            nature: ShareNature(
                inodesLast: false, keepsFiles: false, decides: false, isLocal: false,
                hidesOpenFiles: true))
        path = "\(fixture.root)/film.mkv"
        try TestLibrary.file(path, [UInt8](repeating: 1, count: 300_000))
    }

    /// What this process has open of the share that has no name.
    private var open: [String] {
        ((try? Calls.names("/proc/self/fd")) ?? [])
            .compactMap { try? Calls.linkTarget("/proc/self/fd".pathBytes / $0).printable }
            .filter { $0.hasPrefix(fixture.root) && $0.hasSuffix("(deleted)") }
    }

    /// The kernel goes on to know a file that was removed: once its last reader has closed it, nothing keeps it open.
    @Test func whatIsRemovedIsLetGoWithItsLastReader() throws {
        let kernel = fixture.kernel
        let node = try kernel.node(RelativePath(["film.mkv"]))
        let handle = try kernel.open(node, KernelDouble.O.readOnly)
        #expect(try kernel.read(node, handle, at: 0, 1000).count == 1000)
        try kernel.unlink(RelativePath(["film.mkv"]))
        // He reads on in what he has open.
        fixture.clock.advance(by: .seconds(2))
        fixture.view.letGoOfUnused()
        #expect(try kernel.read(node, handle, at: 200_000, 10) == [UInt8](repeating: 1, count: 10))
        #expect(!open.isEmpty)
        kernel.close(node, handle)
        fixture.clock.advance(by: .seconds(2))
        fixture.view.letGoOfUnused()
        // Closed on a lane.
        try waitUntil("nothing is open") { open.isEmpty }
    }
}
