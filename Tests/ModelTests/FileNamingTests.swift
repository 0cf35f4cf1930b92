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

    @Test func sidecars() {
        #expect(FileNaming.isSidecar("Film.en.srt", of: "Film.mkv"))
        #expect(FileNaming.isSidecar("Film-poster.jpg", of: "Film.mkv"))
        #expect(!FileNaming.isSidecar("Film 2.srt", of: "Film.mkv"))
        #expect(!FileNaming.isSidecar("Film.mkv", of: "Film.mkv"))
    }
}
