import Control
import Testing

@testable import larder

/// What people are told of the catalogue.
@Suite struct CatalogueTextTests {
    @Test func saysHowFarItIs() {
        typealias Catalogue = StatusReport.Catalogue
        #expect(CatalogueText.line(Catalogue(state: .off)) == nil)
        #expect(
            CatalogueText.line(Catalogue(state: .walking, folders: 1, names: 1200))
                == "1 folder, 1,200 names so far")
        #expect(
            CatalogueText.line(
                Catalogue(
                    state: .complete, folders: 61, names: 1260, skipped: 2, lastRoundSeconds: 65,
                    lastRoundTookSeconds: 4, nextRoundSeconds: 835))
                == "complete: 61 folders, 1,260 names; 2 left out;"
                + " last round 1 min 5 s ago, in 4 s; next in 13 min 55 s")
        #expect(
            CatalogueText.line(Catalogue(state: .tooLarge, folders: 9, names: 200_001))?
                .contains("`catalogue=on` lists all the same") == true)
    }
}
