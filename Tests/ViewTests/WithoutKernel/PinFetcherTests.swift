import Model
import TestSupport
import Testing

@testable import View

/// What is pinned can be read without the share before anybody has read it, and stays so.
@Suite struct PinFetcherTests {
    private let fixture: ViewFixture
    private static let film = 5 << 20
    private static let others = 24

    init() throws {
        fixture = try ViewFixture(
            .eventual, limits: ViewFixture.Limits(memory: .mebibytes(8), disk: .mebibytes(64)))
        for folder in ["films", "films/extras", "others"] {
            try Calls.makeDirectory("\(fixture.root)/\(folder)")
        }
        try make("films/one.mkv", Self.film)
        try make("films/extras/notes.txt", 30_000)
        try make("films/extras/empty", 0)
        for number in 0..<Self.others { try make("others/\(number).mkv", 4 << 20) }
    }

    private func content(_ path: String, _ size: Int) -> [UInt8] {
        var random = SplitMix(seed: UInt64(path.count))
        return random.content(size, compressible: false)
    }

    private func make(_ path: String, _ size: Int) throws {
        try TestLibrary.file("\(fixture.root)/\(path)", content(path, size))
    }

    private func path(_ text: String) -> RelativePath {
        RelativePath(text.split(separator: "/").map { Name(String($0)) })
    }

    private func awaitRound(files: Int) throws {
        try waitUntil("all is brought", poll: 0.01) {
            guard let progress = fixture.view.pinProgress else { return false }
            return !progress.isAtWork && progress.files == files
        }
        try fixture.settle()
    }

    /// Whether a file can be read, and is right, while the share is away.
    private func isThereOffline(_ file: String, _ size: Int) throws -> Bool {
        // Its name is known: somebody has looked at it.
        #expect(try fixture.kernel.attributes(path(file)).size == Int64(size))
        fixture.hold()
        defer { fixture.letGo() }
        guard let found = try? fixture.kernel.read(path(file)) else { return false }
        #expect(found == content(file, size))
        return true
    }

    @Test func whatIsPinnedIsBroughtWithWhatComesLater() throws {
        #expect(try !isThereOffline("films/one.mkv", Self.film))
        #expect(try fixture.view.pin(path("films"), bytes: Int64(Self.film)) == true)
        try awaitRound(files: 3)
        let first = fixture.view.pinProgress
        #expect(first?.isComplete == true && first?.failures == 0)
        let bytes = Int64(Self.film + 30_000)
        #expect(first?.bytes == bytes && first?.fetchedBytes == bytes)
        #expect(try isThereOffline("films/one.mkv", Self.film))
        #expect(try isThereOffline("films/extras/notes.txt", 30_000))

        try make("films/two.mkv", 2 << 20)
        #expect(try fixture.view.pin(path("films"), bytes: Int64(Self.film)) == false)
        try awaitRound(files: 4)
        let second = fixture.view.pinProgress
        #expect(second?.fetchedBytes == 2 << 20, "what was there is not asked for")
        // Until the listing of before is not believed any more.
        try fixture.pass(.seconds(400))
        #expect(try isThereOffline("films/two.mkv", 2 << 20))
    }

    /// One file is a pin as well, and it stays while others go by; what is given free does not.
    @Test func whatIsPinnedStaysWhileOthersGoBy() throws {
        #expect(try fixture.view.pin(path("films/one.mkv"), bytes: Int64(Self.film)) == true)
        try awaitRound(files: 1)
        func goThroughOthers() throws {
            for number in 0..<Self.others {
                _ = try fixture.kernel.read(path("others/\(number).mkv"))
                try fixture.settle()
            }
        }
        try goThroughOthers()
        #expect(try isThereOffline("films/one.mkv", Self.film))
        #expect(try fixture.view.unpin(path("films")) == [path("films/one.mkv")])
        #expect(fixture.view.pins.isEmpty)
        try goThroughOthers()
        try goThroughOthers()
        #expect(try !isThereOffline("films/one.mkv", Self.film))
    }

    /// What is pinned and not there may come, and does not hold up the rest.
    @Test func whatIsNotThereMayCome() throws {
        _ = try fixture.view.pin(path("gone"), bytes: 0)
        _ = try fixture.view.pin(path("films"), bytes: Int64(Self.film))
        try awaitRound(files: 3)
        #expect(fixture.view.pinProgress?.isComplete == true)
        #expect(fixture.view.pins.map(\.path) == [path("films"), path("gone")])
    }

    /// Where all is too much, what is there is what matters more; a pin in a pinned folder has a turn of its own.
    @Test func whatMattersMoreIsBroughtFirst() throws {
        for folder in ["a", "b", "b/extras", "z"] {
            try? Calls.makeDirectory("\(fixture.root)/\(folder)")
            try make("\(folder)/film.mkv", 15 << 20)
        }
        // Nothing is brought before all are pinned.
        fixture.hold()
        for (pin, priority) in [("a", .low), ("b", .medium), ("b/extras", .low), ("z", .high)]
            as [(String, PinPriority)]
        {
            // Of less than there is by now: all four are more than may be pinned.
            #expect(try fixture.view.pin(path(pin), bytes: 1, priority: priority) == true)
        }
        try awaitRound(files: 0)
        fixture.letGo()
        #expect(try fixture.view.pin(path("a"), bytes: 1) == false)
        try awaitRound(files: 4)
        #expect(fixture.view.pinProgress?.bytes == 60 << 20, "each file is counted once")
        #expect(fixture.view.pinProgress?.tooMany == 1)
        for file in ["z", "b", "a"] { #expect(try isThereOffline("\(file)/film.mkv", 15 << 20)) }
        #expect(try !isThereOffline("b/extras/film.mkv", 15 << 20))

        _ = try fixture.view.pin(path("b/extras"), bytes: 1, priority: .high)
        try awaitRound(files: 4)
        #expect(try isThereOffline("b/extras/film.mkv", 15 << 20))
    }
}
