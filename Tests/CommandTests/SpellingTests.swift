import Testing

@testable import larder

@Suite struct SpellingTests {
    @Test(arguments: [
        ("", "", 0), ("a", "", 1), ("abc", "abc", 0), ("abc", "acb", 1), ("mount", "mont", 1),
        ("kitten", "sitting", 3),
    ])
    func countsEdits(left: String, right: String, edits: Int) {
        #expect(Spelling.distance(Array(left), Array(right)) == edits)
        #expect(Spelling.distance(Array(right), Array(left)) == edits)
    }

    @Test func suggestsOnlyWhatIsNear() {
        let known = ["cache", "memory", "disk"]
        #expect(Spelling.nearest(to: "memroy", among: known) == "memory")
        #expect(Spelling.nearest(to: "MEMORY", among: known) == "memory")
        #expect(Spelling.nearest(to: "mem", among: known) == "memory")
        #expect(Spelling.nearest(to: "dsk", among: known) == "disk")
        #expect(Spelling.nearest(to: "banana", among: known) == nil)
        #expect(Spelling.nearest(to: "x", among: known) == nil)
    }
}
