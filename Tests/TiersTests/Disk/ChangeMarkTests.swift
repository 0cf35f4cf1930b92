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
}
