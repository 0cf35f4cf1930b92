import Glibc
import Model
import Platform
import Testing

@testable import Tiers

/// Listings in the index lag behind changes through the view; after a kill none of them may be believed.
@Suite struct ChangeMarkTests {
    @Test func aKillAfterAChangeIsRememberedAndACleanEndIsNot() throws {
        let fixture = try DiskFixture()
        #expect(fixture.tier.listingsDistrustedBefore == nil)
        fixture.tier.noteChange()
        try fixture.reopen()
        #expect(fixture.tier.listingsDistrustedBefore == nil, "it had ended well")
        fixture.tier.noteChange()
        try fixture.reopen(.killed)
        let end = fixture.tier.listingsDistrustedBefore
        #expect(end == fixture.clock.wall)
        // What was stored before the kill is distrusted for good, also after ends that were clean.
        try fixture.reopen()
        #expect(fixture.tier.listingsDistrustedBefore?.seconds == end?.seconds)
    }

    @Test func aKillWithoutChangesCostsNothing() throws {
        let fixture = try DiskFixture()
        try fixture.reopen(.killed)
        #expect(fixture.tier.listingsDistrustedBefore == nil)
    }

    /// A disk that refuses the mark for a while is asked again, and not by every change.
    @Test func aMarkThatCouldNotBeSetIsSetLater() throws {
        let fixture = try DiskFixture()
        let mark = fixture.path + "/CHANGES"
        #expect(mkdir(mark, 0o700) == 0)
        fixture.tier.noteChange()
        #expect(rmdir(mark) == 0)
        fixture.tier.noteChange()
        #expect((try? FileCalls.attributes(ofPath: mark)) == nil)
        fixture.clock.advance(by: ChangeMark.retryInterval)
        fixture.tier.noteChange()
        #expect((try? FileCalls.attributes(ofPath: mark)) != nil)
        try fixture.reopen(.killed)
        #expect(fixture.tier.listingsDistrustedBefore != nil)
    }

    /// Only what is in the index for good ends well.
    @Test func anEndThatCouldNotBeWrittenIsRemembered() throws {
        let fixture = try DiskFixture()
        fixture.tier.noteChange()
        try fixture.reopen {
            #expect((try? FileCalls.attributes(ofPath: fixture.path + "/CHANGES")) == nil)
        }
        fixture.tier.noteChange()
        fixture.tier.core.index.writer.abandon()
        try fixture.reopen()
        #expect(fixture.tier.listingsDistrustedBefore != nil)
    }
}
