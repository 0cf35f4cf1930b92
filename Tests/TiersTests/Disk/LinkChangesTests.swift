import Model
import Platform
import Testing

@testable import Tiers

/// Files that were changed by one of several names.
@Suite struct LinkChangesTests {
    @Test func whatWasChangedIsRememberedAcrossRuns() throws {
        let fixture = try DiskFixture()
        let now = fixture.clock.wall.seconds
        fixture.tier.noteChange()
        fixture.tier.noteChangedLink(77)
        fixture.tier.noteChangedLink(78)
        try fixture.reopen()
        try fixture.reopen()
        let known = fixture.tier.changedLinks.sorted { ($0.0 ?? 0) < ($1.0 ?? 0) }
        #expect(known.map(\.0) == [77, 78] && known.map(\.1) == [now, now])
        #expect(fixture.tier.listingsDistrustedBefore == nil, "it had ended well")
    }

    @Test func whatIsDamagedIsAboutAllFiles() throws {
        let fixture = try DiskFixture()
        fixture.tier.noteChangedLink(77)
        try fixture.reopen { overwrite(fixture.path + "/LINKS", [1, 2, 3], at: 16) }
        #expect(fixture.tier.changedLinks.map(\.0) == [nil])
    }

    @Test func versionsOfASizeAndTimeGoWhateverTheirPath() throws {
        let fixture = try DiskFixture()
        let files = [
            MadeFile("x/a", size: 5000), MadeFile("y/b", size: 5000),
            MadeFile("y/c", size: 5000, version: 100), MadeFile("y/d", size: 5001),
        ]
        func isStored(_ file: MadeFile) -> Bool {
            let gone = Mutexed<Bool?>(nil)
            _ = fixture.tier.object(file.identity).load(
                file.geometry.allBlocks(of: ChunkIndex(0)), of: ChunkIndex(0), isUrgent: true
            ) { loaded in gone.withLock { $0 = loaded.isEmpty } }
            while gone.withLock({ $0 }) == nil {}
            return gone.withLock { $0 } == false
        }
        for file in files {
            fixture.tier.object(file.identity).store(
                file.blocks(
                    ChunkIndex(0), file.geometry.allBlocks(of: ChunkIndex(0)), from: fixture.pool),
                of: ChunkIndex(0))
        }
        fixture.tier.drain()
        #expect(files.map(isStored) == [true, true, true, true])
        fixture.tier.discardDurably(
            size: 5000, modified: files[0].identity.fingerprint.modified)
        #expect(files.map(isStored) == [false, false, true, true])
        try fixture.reopen(.killed)
        #expect(files.map(isStored) == [false, false, true, true])
    }
}
