import Glibc
import Model
import Platform
import Testing

@testable import Tiers

/// Nothing in a cache leads out of it: what lies behind a symbolic link is neither read, nor written, nor removed.
@Suite struct CacheLinksTests {
    private let outside = TemporaryDirectory()
    private let file = MadeFile("film.mkv", size: 3 << 20)

    private func objectPath(_ fixture: DiskFixture) -> String {
        fixture.path + "/" + String(decoding: ObjectFiles.path(file.identity.key), as: UTF8.self)
    }

    @Test func anObjectThatIsALink() throws {
        let fixture = try DiskFixture()
        fixture.storeAll(file)
        fixture.tier.drain()
        let path = objectPath(fixture)
        let target = outside.path + "/target"
        let sound = contents(path)
        replace(target, sound)
        try fixture.reopen {
            #expect(unlink(path) == 0 && symlink(target, path) == 0)
        }
        // The very bytes that belong there: only the link is wrong.
        #expect(fixture.checkAll(file) == 0)
        fixture.storeAll(file)
        fixture.tier.drain()
        fixture.tier.discard(file.identity)
        fixture.tier.drain()
        #expect(contents(target) == sound)
    }

    /// Other file systems are mounted or named with `cache=`, not linked to.
    @Test func aFolderOfObjectsThatIsALink() throws {
        let fixture = try DiskFixture()
        fixture.storeAll(file)
        fixture.tier.drain()
        let path = objectPath(fixture)
        let folder = String(path.dropLast(65))
        let sound = contents(path)
        try fixture.reopen {
            #expect(rename(folder, outside.path + "/moved") == 0)
            #expect(symlink(outside.path + "/moved", folder) == 0)
        }
        #expect(fixture.checkAll(file) == 0)
        fixture.tier.discard(file.identity)
        fixture.tier.drain()
        let moved = outside.path + "/moved/" + file.identity.key.hexadecimal
        #expect(contents(moved) == sound)
    }

    @Test(arguments: ["objects", "packs"])
    func aTierWhoseFoldersAreLinksIsRefused(name: String) throws {
        let directory = TemporaryDirectory()
        #expect(symlink(outside.path, directory.path + "/" + name) == 0)
        #expect {
            _ = try DiskTier(
                directory: directory.path, limit: .mebibytes(64),
                buffers: BufferPool(), clock: SystemClock(), log: Log { _ in })
        } throws: { error in
            "\(error)".contains(directory.path) && "\(error)".contains("cache=")
        }
        #expect(filesBelow(outside.path) == [])
    }

    /// SQLite would write to whatever the link names.
    @Test(arguments: ["index.sqlite", "index.sqlite-wal"])
    func anIndexThatIsALink(name: String) throws {
        let fixture = try DiskFixture()
        fixture.storeAll(file)
        fixture.tier.drain()
        let target = outside.path + "/database"
        replace(target, Array("somebody's bytes".utf8))
        let path = fixture.path + "/" + name
        try fixture.reopen {
            unlink(path)
            #expect(symlink(target, path) == 0)
        }
        _ = fixture.checkAll(file)
        fixture.storeAll(file)
        fixture.tier.drain()
        #expect(fixture.checkAll(file) == 48)
        #expect(contents(target) == Array("somebody's bytes".utf8))
    }
}
