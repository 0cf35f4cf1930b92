import Model
import Testing

@testable import View

@Suite struct FolderNamesTests {
    private static func path(_ text: String) -> RelativePath {
        RelativePath(text.split(separator: "/").map { Name(String($0)) })
    }

    @Test(
        arguments: [
            ("Shows/Harbour/Season 2/01.mkv", "Shows/Harbour"),
            ("Shows/Harbour/01.mkv", "Shows/Harbour"),
            ("Season 1/01.mkv", ""), ("note.txt", ""),
            ("Harbour/Season 2/Extras/1.mkv", "Harbour/Season 2/Extras"),
        ])
    func aSeasonsHabitIsItsShows(_ path: String, _ folder: String) {
        #expect(Self.path(path).habitFolder == Self.path(folder))
    }

    /// Where somebody was last and what comes after it, tens after ones; all the others need not be looked at.
    @Test(
        arguments: [
            ("Harbour/Season 2/07.mkv", ["Season 2", "Season 10"]),
            ("Harbour/Season 10/07.mkv", ["Season 10"]), ("Harbour/07.mkv", []),
            ("Harbour/Season 3/07.mkv", []), (nil, []),
        ] as [(String?, [String])])
    func partsThatMatter(_ latest: String?, _ expected: [String]) {
        var names = FolderNames()
        for name in ["Season 10", "Season 1", "Season 2", "Extras"] {
            names.add(Name(name), isFile: false, isFolder: true, size: 0)
        }
        names.add("Season 9", isFile: true, isFolder: false, size: 7)
        #expect(names.parts.count == 3 && names.files.count == 1)
        let parts = names.parts(around: latest.map(Self.path), in: Self.path("Harbour"))
        #expect(parts.map(\.description) == expected)
    }
}
