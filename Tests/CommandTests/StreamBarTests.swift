import Control
import Testing

@testable import larder

@Suite struct StreamBarTests {
    private func bar(
        _ position: Int64, ahead: Int64 = 0, of size: Int64 = 100, _ pattern: String = "sequential",
        cells: Int = 10
    ) -> String {
        StreamBar.text(
            StreamStatus(
                path: nil, program: "", pattern: pattern, confidence: 1, positionBytes: position,
                sizeBytes: size, aheadBytes: ahead), cells: cells)
    }

    @Test func forward() {
        #expect(bar(0) == "[>.........]")
        #expect(bar(50, ahead: 20) == "[=====>++..]")
        #expect(bar(50, ahead: 1) == "[=====>+...]")
        #expect(bar(95, ahead: 50) == "[=========>]")
        #expect(bar(100) == "[=========>]")
    }

    @Test func backward() {
        #expect(bar(100, "backward") == "[.........<]")
        #expect(bar(50, ahead: 20, "backward") == "[..++<=====]")
        #expect(bar(0, "backward") == "[<=========]")
    }

    @Test func oddFigures() {
        #expect(bar(5, of: 0) == "[..........]")
        #expect(bar(-5, ahead: -5) == "[>.........]")
        #expect(bar(500, ahead: .max, of: 100) == "[=========>]")
        #expect(bar(.max, ahead: .max, of: .max) == "[=========>]")
        #expect(bar(5, cells: 0) == "[]")
        #expect(bar(5, cells: 1) == "[>]")
    }
}
