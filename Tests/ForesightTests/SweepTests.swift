import Model
import Testing

@testable import Foresight

@Suite struct SweepTests {
    private let photos = OneFolder((0..<60).map { "IMG_\(1000 + $0).jpg" }, size: 3 * mebibyte)

    /// Reads the head of each file in turn. - Returns: what was fetched ahead.
    private func sweep(
        _ places: [Int], _ folder: OneFolder, head: Int64, every: Duration = .milliseconds(20)
    ) -> [PrefetchRequest] {
        var feeder = Feeder()
        for place in places {
            let facts = folder.files[place]
            feeder.open(facts, after: every, among: folder)
            feeder.read(
                0, head, file: facts.number.value, size: facts.size, chunk: facts.chunkSize,
                after: .milliseconds(1), among: folder)
            feeder.close(facts)
        }
        return feeder.issued.filter { $0.reason == .sweep }
    }

    @Test(arguments: [Array(0..<30), Array((30..<60).reversed())])
    func theHeadsOfTheComingFilesAreFetched(places: [Int]) {
        let issued = sweep(places, photos, head: 64 * kibibyte)
        let fetched = Set(issued.map(\.file))
        let read = places.dropFirst(4).map { photos.files[$0].number }
        #expect(read.allSatisfy { fetched.contains($0) }, "all but the first few")
        // Heads, not photos.
        #expect(issued.allSatisfy { $0.range.upperBound <= 128 * kibibyte })
        #expect(
            Set(issued.map { [$0.file.value, UInt64($0.range.lowerBound)] }).count == issued.count)
    }

    @Test func whereWholeFilesAreReadWholeFilesAreFetched() {
        let notes = OneFolder((0..<60).map { "note-\(100 + $0).txt" }, size: 40 * kibibyte)
        let issued = sweep(Array(0..<20), notes, head: 40 * kibibyte)
        #expect(issued.count > 20)
        #expect(issued.dropFirst(3).allSatisfy { $0.range == 0..<(40 * kibibyte) })
    }

    private static let hereAndThere = [41, 7, 55, 18, 33, 2, 48, 25]

    @Test func filesPickedHereAndThereAreNoSweep() {
        let picked = Self.hereAndThere
        #expect(sweep(Array(picked[..<7]), photos, head: 64 * kibibyte).isEmpty, "a few of them")
        #expect(sweep(picked, photos, head: 64 * kibibyte, every: .seconds(2)).isEmpty, "a person")
        let again = [41, 7, 55, 18, 33, 41, 7, 55, 18, 33, 41, 7, 55, 18, 33]
        #expect(sweep(again, photos, head: 64 * kibibyte).isEmpty, "the same ones again")
        let many = OneFolder((0..<2000).map { "IMG_\(1000 + $0).jpg" }, size: 3 * mebibyte)
        #expect(sweep(picked, many, head: 64 * kibibyte).isEmpty, "few of many")
    }

    /// exiftool goes by the order in which a directory is stored: nobody can tell it, and yet all of them come.
    @Test func whoOpensOneAfterTheOtherInNoOrderWillOpenThemAll() {
        let issued = sweep(Self.hereAndThere, photos, head: 64 * kibibyte)
        let fetched = issued.map(\.file)
        #expect(fetched.count >= 24, "four times as many as were opened")
        #expect(Set(fetched).count == fetched.count, "each once")
        #expect(issued.allSatisfy { $0.range == 0..<(64 * kibibyte) }, "heads, as of the others")
        let opened = Self.hereAndThere.map { photos.files[$0].number }
        #expect(Set(fetched).isDisjoint(with: opened))
        // Whoever then goes on has nearly all of them there.
        let rest = Array(0..<60).filter { !Self.hereAndThere.contains($0) }
        let shuffled = rest.indices.map { rest[$0 * 23 % rest.count] }
        let all = sweep(Self.hereAndThere + shuffled, photos, head: 64 * kibibyte)
        #expect(Set(all.map(\.file)).count >= rest.count - 2)
    }

    /// A file manager's previews: one or two files in each folder.
    @Test func whoWentOnToTheSecondFileOfFoldersWillInTheNext() {
        func visit(_ steps: [Int]) -> [PrefetchRequest] {
            var feeder = Feeder()
            var last: [PrefetchRequest] = []
            for (turn, step) in (steps + [1]).enumerated() {
                let folder = OneFolder(
                    (0..<20).map { "f\(10 + $0).pdf" }, size: mebibyte, folder: UInt64(9 + turn))
                last = feeder.open(folder.files[3], after: .seconds(5), among: folder)
                // Not the one whose beginning is expected: what is asked for at the first opening counts.
                guard turn < steps.count else { break }
                feeder.open(folder.files[3 + step], after: .milliseconds(20), among: folder)
            }
            return last
        }
        let next = visit([1, 1, 1])
        let first = 100 + UInt64(3 * 1900)
        #expect(next.map(\.range) == [0..<(64 * kibibyte)])
        #expect(next.map(\.file) == [FileNumber(first + 4)])
        #expect(visit([1]).isEmpty, "once is chance")
        #expect(visit([1, 1, 7, 9, 5, 2]).isEmpty, "elsewhere more often than not")
    }

    @Test func aSweepInNoOrderGoesOnInWhateverFolderComes() {
        let other = OneFolder(
            (0..<40).map { "DSC_\(1000 + $0).jpg" }, size: 3 * mebibyte, folder: 10)
        let both = TwoFolders(first: photos, second: other)
        func open(_ places: [Int], last: Duration) -> [FileNumber] {
            var feeder = Feeder()
            for place in places {
                let facts = photos.files[place]
                feeder.open(facts, after: .milliseconds(20), among: both)
                feeder.read(0, 4096, file: facts.number.value, size: facts.size, among: both)
                feeder.close(facts)
            }
            return feeder.open(other.files[17], after: last, among: both).map(\.file)
        }
        let fetched = open(Self.hereAndThere, last: .milliseconds(20))
        #expect(!fetched.isEmpty && fetched.allSatisfy { $0.value >= 2000 })
        #expect(!fetched.contains(other.files[17].number), "that one is there already")
        #expect(open(Self.hereAndThere, last: .seconds(2)).isEmpty, "somebody else, later")
        #expect(open(Array(0..<8), last: .milliseconds(20)).isEmpty, "an order that ends here")
    }

    /// Two workers, each with a batch of its own, that open each file again and again.
    @Test func workersThatComeBackToTheirFilesAreASweep() {
        var feeder = Feeder()
        var turn = 0
        for batch in 0..<4 {
            for step in 0..<4 {
                for _ in 0..<6 {
                    for worker in 0..<2 {
                        let facts = photos.files[batch * 8 + worker * 4 + step]
                        feeder.open(facts, after: .milliseconds(2), among: photos)
                        feeder.read(
                            Int64(turn % 6) * 512 * kibibyte, 512 * kibibyte,
                            file: facts.number.value, size: facts.size, chunk: facts.chunkSize,
                            among: photos)
                        feeder.close(facts)
                    }
                    turn += 1
                }
            }
        }
        let swept = Set(feeder.issued.filter { $0.reason == .sweep }.map(\.file))
        let read = photos.files[12..<32].map(\.number)
        #expect(read.allSatisfy { swept.contains($0) })
        // Whole files, as they turned out to be read.
        let last = photos.files[31].number
        let bytes = feeder.issued.filter { $0.file == last && $0.reason == .sweep }
            .reduce(0) { $0 + $1.range.count }
        #expect(bytes == 3 << 20)
    }

    /// The last page of each photo is looked at for a trailer, also where that is no megabytes away.
    @Test func tailsOfSmallFilesAreFetchedWithTheirHeads() {
        var feeder = Feeder()
        for facts in photos.files[..<10] {
            feeder.open(facts, after: .milliseconds(20), among: photos)
            for start in [0, facts.size - 4096] {
                feeder.read(
                    start, 4096, file: facts.number.value, size: facts.size, chunk: facts.chunkSize,
                    among: photos)
            }
            feeder.close(facts)
        }
        let coming = feeder.issued.filter { $0.file == photos.files[12].number }.map(\.range)
        let size = photos.files[12].size
        #expect(coming == [0..<(64 * kibibyte), (size - 64 * kibibyte)..<size])
    }

    @Test func whatIsLeftOutEndsNoSweep() {
        let issued = sweep([0, 1, 2, 3, 5, 6, 8, 9, 10, 11], photos, head: 64 * kibibyte)
        #expect(issued.contains { $0.file == photos.files[20].number })
    }

    /// Ended the daemon once: large files, none of them finished.
    @Test func largeFilesThatAreStillOpenHaveNoProfile() {
        let shows = OneFolder((0..<10).map { "show-0\($0).ts" }, size: 256 * mebibyte)
        var feeder = Feeder()
        for facts in shows.files { feeder.open(facts, after: .milliseconds(100), among: shows) }
        let sweeps = feeder.issued.filter { $0.reason == .sweep }
        #expect(!sweeps.isEmpty && sweeps.allSatisfy { $0.range == 0..<(64 * kibibyte) })
    }

    /// Heads were read of the files before: a reader who goes on all the same gets his window.
    @Test func whoReadsOnBeyondTheHeadsIsReadAheadFor() {
        let films = OneFolder((0..<10).map { "film-0\($0).mkv" }, size: 256 * mebibyte)
        var feeder = Feeder()
        for facts in films.files[..<6] {
            feeder.open(facts, after: .milliseconds(20), among: films)
            feeder.read(0, 64 * kibibyte, file: facts.number.value, size: facts.size, among: films)
            feeder.close(facts)
        }
        let watched = films.files[6]
        feeder.open(watched, among: films)
        for number in 0..<64 {
            feeder.read(
                Int64(number) * 128 * kibibyte, 128 * kibibyte, file: watched.number.value,
                size: watched.size, among: films)
        }
        let end = feeder.issued.filter { $0.file == watched.number }.map(\.range.upperBound).max()
        #expect((end ?? 0) > 64 * 128 * kibibyte)
    }

    @Test func theIndexAtTheEndComesWithTheOpening() {
        let films = OneFolder(["a.mp4", "b.mkv"], size: 700 * mebibyte)
        var feeder = Feeder()
        let issued = feeder.open(films.files[0], among: films)
        #expect(issued.map(\.reason) == [.container, .container])
        #expect(issued[1].range.upperBound == 700 * mebibyte)
        #expect(feeder.open(films.files[1], among: films).isEmpty, "MKV is played from the start")
    }

    @Test func theNextEpisodeComesWhenThisOneIsNearlyOver() {
        let shows = OneFolder(
            ["Show S01E01.mkv", "Show S01E02.mkv", "Else.mkv"], size: 40 * mebibyte)
        var feeder = Feeder()
        feeder.open(shows.files[0], among: shows)
        var at: Int64 = 0
        while at < 40 * mebibyte {
            let issued = feeder.read(
                at, 256 * kibibyte, file: shows.files[0].number.value, size: 40 * mebibyte,
                after: .milliseconds(50), among: shows)
            if let next = issued.first(where: { $0.reason == .series }) {
                #expect(next.file == shows.files[1].number)
                #expect(at >= 31 * mebibyte)
            }
            at += 256 * kibibyte
        }
        #expect(feeder.issued.count(where: { $0.reason == .series }) == 1)
    }

    @Test func subtitlesComeWithTheFilm() {
        var folder = OneFolder(
            ["Film.mkv", "Film.en.srt", "Film.nfo", "Other.srt"], size: 64 * mebibyte)
        for place in 1...3 { folder.files[place].size = 20 * kibibyte }
        var feeder = Feeder()
        let issued = feeder.open(folder.files[0], among: folder).filter { $0.reason == .sidecar }
        #expect(issued.map(\.file) == [folder.files[1].number, folder.files[2].number])
    }

    /// A name lowers what is kept for it, and nothing else.
    @Test func whatScannersReadIsWorthLittleAndReadAheadAllTheSame() {
        let films = OneFolder(["a.mkv"], size: 256 * mebibyte)
        func ahead(_ program: String) -> [Range<Int64>] {
            var feeder = Feeder()
            let facts = films.files[0]
            let reader = Feeder.reader(program: program)
            let isLow = feeder.foresight.priority(for: reader) == .low
            #expect(isLow == (program == "clamscan"))
            _ = feeder.foresight.opened(
                OpenEvent(file: facts, reader: reader, at: .zero), among: films)
            return (0..<256).flatMap { number in
                let start = Int64(number) * 128 * kibibyte
                let plan = feeder.foresight.read(
                    ReadEvent(
                        file: facts.number, fileSize: facts.size, chunkSize: 1 << 20,
                        range: start..<(start + 128 * kibibyte), reader: reader, at: .zero),
                    among: films)
                return plan.requests.map(\.range)
            }
        }
        #expect(ahead("clamscan") == ahead("mpv"))
        #expect(!ahead("mpv").isEmpty)
    }
}

@Suite struct ContainerHabitsTests {
    private func facts(_ name: String) -> FileFacts {
        FileFacts(
            number: FileNumber(1), folder: FolderNumber(1), name: name, size: 100 * mebibyte,
            chunkSize: 1 << 20, contentType: .media)
    }

    @Test func aHabitIsLearnedAndUnlearned() {
        var habits = ContainerHabits()
        #expect(habits.tail(for: facts("x.mov"), chanceMin: 1.0 / 3) == 512 * kibibyte)
        for _ in 0..<12 { habits.note(facts("x.mov"), tailStart: nil) }
        #expect(habits.tail(for: facts("x.mov"), chanceMin: 1.0 / 3) == 0)
        for _ in 0..<4 { habits.note(facts("x.odd"), tailStart: 99 * mebibyte) }
        #expect(habits.tail(for: facts("x.odd"), chanceMin: 1.0 / 3) == mebibyte)
    }
}
