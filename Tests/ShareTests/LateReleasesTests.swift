import Model
import Testing

@testable import Share

@Suite struct LateReleasesTests {
    private let releases = LateReleases()

    private func asks(_ name: String) -> Bool {
        var asked = false
        releases.settle(RelativePath([Name(name)])) { asked = true }
        return asked
    }

    private func close(_ name: String) {
        releases.closed(RelativePath([Name(name)]))
    }

    @Test func whatWasClosedIsAskedForOnce() {
        #expect(!asks("a"), "nothing was closed")
        close("a")
        close("b")
        #expect(!asks("c"))
        #expect(asks("a"))
        #expect(!asks("a"), "the share has answered since")
        #expect(!asks("b"), "the same answer came after this close, too")
        close("b")
        #expect(asks("b"))
    }

    /// A bound never answers wrongly: it asks once too often.
    @Test func moreThanIsRememberedIsAskedForOnce() {
        for number in 0...LateReleases.pathsMax { close("\(number)") }
        #expect(asks("another"))
        #expect(!asks("0"))
        close("0")
        #expect(asks("0"), "it remembers again")
    }

    /// The mark of a descriptor tells by which path it was closed: the one that its file has by then.
    @Test func aMarkThatEndsTellsWhereItWas() {
        let paths = OpenPaths(releases: releases)
        let folder = RelativePath(["d"])
        var mark: OpenPaths.Mark? = paths.mark(folder.appending("x"), for: .handle(.init()))
        paths.renamed(folder, to: RelativePath(["e"]), isExchange: false)
        withExtendedLifetime(mark) {}
        mark = nil
        var asked = 0
        releases.settle(folder.appending("x")) { asked += 1 }
        #expect(asked == 0)
        releases.settle(RelativePath(["e", "x"])) { asked += 1 }
        #expect(asked == 1)
        #expect(paths.isEmpty)

        mark = paths.mark(RelativePath(["gone"]), for: .handle(.init()))
        paths.removed(RelativePath(["gone"]))
        mark = nil
        releases.settle(RelativePath(["gone"])) { asked += 1 }
        #expect(asked == 1, "what has no name is not the file that has it now")
    }
}
