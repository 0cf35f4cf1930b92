import Model
import Testing

@Suite struct NameCaseTests {
    @Test(arguments: [
        ("a", "A", true), ("Case.TXT", "cASE.txt", true), ("a", "b", false), ("a", "a", false),
        ("a", "aa", false), ("[", "{", false), ("@", "`", false),
    ])
    func latinLettersAreToldByTheirBytes(one: String, other: String, differ: Bool) {
        #expect(Name(one).differsInLatinCase(from: Name(other)) == differ)
        #expect(Name(one).differsInCase(from: Name(other)) == differ)
    }

    @Test(arguments: [
        ("Ärger", "äRGER"), ("ΣΊΣΥΦΟΣ", "σίσυφος"), ("Straße", "STRASSE"), ("\u{212A}", "k"),
        ("e\u{301}", "\u{C9}"),
    ])
    func lettersOfAnyAlphabetAreCandidates(one: String, other: String) {
        #expect(Name(one).differsInCase(from: Name(other)))
        #expect(!Name(one).differsInLatinCase(from: Name(other)))
        #expect(Name(one).caseHash == Name(other).caseHash)
    }

    @Test func spellingsDifferInOneLetterEach() {
        #expect(Array(Name("a1B").inOtherCases) == ["A1B", "a1b"])
        #expect(Array(Name([0xC3, 0x84, 0x2E]).inOtherCases) == [])
    }
}
