import Model
import TestSupport
import Testing

@testable import Tiers

/// What a share has shown of names in another case.
@Suite struct CaseMarkTests {
    @Test func whatAShareHasShownIsKnownToTheNextMount() throws {
        let fixture = try DiskFixture()
        #expect(fixture.tier.caseFindings == [])
        fixture.tier.noteCaseFindings([.latinIsIgnored, .otherCounts])
        fixture.tier.flushCaseFindings()
        try fixture.reopen(.killed)
        #expect(fixture.tier.caseFindings == [.latinIsIgnored, .otherCounts])
        try fixture.reopen { overwrite(fixture.path + "/CASE", Array("99\n".utf8), at: 0) }
        #expect(fixture.tier.caseFindings == [], "what cannot be is nothing")
    }
}
