import Testing

@testable import larder

@Suite struct PrintableTextTests {
    @Test(arguments: [
        ("", 0), ("abc", 3), ("Bücher", 6), ("映画", 4), ("e\u{301}", 1), ("🎬 x", 4),
    ])
    func countsColumns(text: String, columns: Int) {
        #expect(text.columns == columns)
        #expect(text.printable == text)
    }

    @Test func linesOfAMessageStay() {
        #expect("a\u{1B}[1m\nb\r\n".printableLines == "a?[1m\nb?\n")
    }

    @Test(arguments: [
        (3, "映…", "…画"), (4, "映画", "映画"), (2, "…", "…"), (1, "…", "…"), (0, "", ""),
    ])
    func cutsWideText(width: Int, start: String, end: String) {
        #expect("映画".cut(to: width) == start)
        #expect("映画".cutAtStart(to: width) == end)
    }

    @Test func cutsEitherEnd() {
        #expect("films/a.mkv".cut(to: 6) == "films…")
        #expect("films/a.mkv".cutAtStart(to: 6) == "…a.mkv")
        #expect("films".cutAtStart(to: 5) == "films")
    }

    @Test func tablesAlignWideText() {
        let table = TextTable(
            header: ["name", "n", "why"], rows: [["映画", "10", "x"], ["a", "2", "longer"]],
            wordColumns: [0, 2])
        #expect(
            table.lines() == ["  name   n  why", "  映画  10  x", "  a      2  longer"])
        #expect(table.lines(indent: 0, colours: true)[0] == "\u{1B}[2mname   n  why\u{1B}[0m")
    }

    @Test(arguments: [
        (1.005, 1, "1.0"), (1.25, 2, "1.25"), (0.05, 2, "0.05"), (-0.004, 2, "0.00"),
        (99.6, 0, "100"), (-1.5, 0, "-2"),
    ])
    func figures(value: Double, digits: Int, text: String) {
        #expect(StatusText.decimal(value, digits: digits) == text)
    }
}
