import Model
import Platform
import TestSupport
import Testing

@testable import Share

@Suite struct KeptFoldersTests {
    private let path = RelativePath().appending(Name("a"))

    private func folder(at usedAt: Duration = .zero) throws -> KeptFolders.Folder {
        KeptFolders.Folder(
            reference: DescriptorReference(try FileCalls.open("/", [.directory])), usedAt: usedAt)
    }

    @Test func whatWasOpenedBeforeItsNameWasForgottenIsNotKept() throws {
        var folders = KeptFolders()
        let before = folders.moment
        // Meanwhile somebody has removed the folder, and has made another one.
        #expect(folders.forget(below: path).isEmpty)
        _ = folders.keep(try folder(), at: path, openedAfter: before)
        #expect(folders.use(path, at: .zero) == nil)

        _ = folders.keep(try folder(), at: path, openedAfter: folders.moment)
        #expect(folders.use(path, at: .zero) != nil)
    }

    @Test func whatLiesBelowIsForgottenToo() throws {
        var folders = KeptFolders()
        let below = path.appending(Name("b"))
        for path in [path, below] {
            _ = folders.keep(try folder(), at: path, openedAfter: folders.moment)
        }
        #expect(folders.forget(below: below).count == 1)
        #expect(folders.use(path, at: .zero) != nil)
        #expect(folders.forget(below: path).count == 1)
        #expect(folders.use(path, at: .zero) == nil)
    }

    @Test func useKeepsAFolder() throws {
        var folders = KeptFolders()
        _ = folders.keep(try folder(), at: path, openedAfter: folders.moment)
        _ = folders.use(path, at: .seconds(8))
        #expect(folders.letGoOfUnused(at: .seconds(12)).isEmpty)
        #expect(folders.letGoOfUnused(at: .seconds(18)).count == 1)
    }
}
