import Testing

@testable import Model

@Suite struct FileNamingTests {
    @Test(arguments: [
        ("Harbour.S01E02.mkv", "Harbour.S01E03.mkv"), ("1x09.avi", "1x10.avi"),
        ("Show S01E10.mkv", "Show S02E01.mkv"), ("Part 3.mp3", "Part 4.mp3"),
        ("07 Song.flac", "08 Another.flac"),
    ])
    func follows(previous: String, next: String) {
        #expect(FileNaming.isNext(next, after: previous))
    }

    @Test(arguments: [
        ("Harbour.S01E02.mkv", "Harbour.S01E04.mkv"), ("a.mkv", "b.mkv"),
        ("Part 3.mp3", "Part 4.txt"), ("Part 4.mp3", "Part 3.mp3"), ("Part 3.mp3", "Part 3.mp3"),
    ])
    func doesNotFollow(previous: String, next: String) {
        #expect(!FileNaming.isNext(next, after: previous))
    }

    /// Names without a number that differs tell nothing.
    @Test(
        arguments: [
            ("S01E02.mkv", "S01E03.mkv", true), ("S01E02.mkv", "S01E09.mkv", false),
            ("S01E13.mkv", "S02E01.mkv", true), ("IMG_7.jpg", "IMG_3.jpg", false),
            ("a.mkv", "b.mkv", nil), ("Part 3.mp3", "Part 4.txt", nil), ("1.mp3", "1.mp3", false),
        ] as [(String, String, Bool?)])
    func namesTellWhetherTheyAreInOrder(_ previous: String, _ next: String, _ isInOrder: Bool?) {
        #expect(FileNaming.isInOrder(next, after: previous) == isInOrder)
    }

    @Test func sidecars() {
        #expect(FileNaming.isSidecar("Film.en.srt", of: "Film.mkv"))
        #expect(FileNaming.isSidecar("Film-poster.jpg", of: "Film.mkv"))
        #expect(!FileNaming.isSidecar("Film 2.srt", of: "Film.mkv"))
        #expect(!FileNaming.isSidecar("Film.mkv", of: "Film.mkv"))
    }

    @Test(
        arguments: [
            ("Season 2", true), ("season 02", true), ("Staffel_3", true), ("S01", true),
            ("CD1", true),
            ("Disc.2", true), ("Season", false), ("2", false), ("Box 2", false),
            ("Season 2 extras", false), ("", false), ("2 Season", false),
        ])
    func foldersThatArePartsOfTheirParent(_ name: String, _ isPart: Bool) {
        #expect(FileNaming.isPart(folder: name) == isPart)
    }
}
