import Model
import Testing

@testable import Foresight

/// What people ask of likelihood before files are fetched because of others.
@Suite struct PrefetchThresholdTests {
    private func feeder(_ thresholds: [ContentType: Double]) -> Feeder {
        var feeder = Feeder()
        feeder.foresight = Foresight(
            Foresight.Configuration(strategy: .balanced, thresholds: thresholds))
        return feeder
    }

    @Test(
        arguments: [
            ([:], 1), ([.metadata: 0.7], 1), ([.metadata: 0.71], 0),
            ([.media: 1, .thumbnail: 1], 1),
        ] as [([ContentType: Double], Int)])
    func sidecarsGoByTheirOwnType(thresholds: [ContentType: Double], count: Int) {
        var folder = OneFolder(["film.mkv", "film.srt"], size: 40 * kibibyte)
        folder.files[0].size = 64 * mebibyte
        folder.files[0].contentType = .media
        var feeder = feeder(thresholds)
        feeder.open(folder.files[0], among: folder)
        #expect(feeder.issued.filter { $0.reason == .sidecar }.count == count)
    }

    /// The surer a sweep is, the more of it gets through.
    @Test func sweepsWaitUntilTheyAreSureEnough() {
        let notes = OneFolder((0..<60).map { "note-\(100 + $0).txt" }, size: 40 * kibibyte)
        func firstFetched(_ thresholds: [ContentType: Double]) -> Int? {
            var feeder = feeder(thresholds)
            for (place, facts) in notes.files.prefix(20).enumerated() {
                feeder.open(facts, after: .milliseconds(20), among: notes)
                feeder.read(
                    0, facts.size, file: facts.number.value, size: facts.size,
                    chunk: facts.chunkSize, after: .milliseconds(1), among: notes)
                feeder.close(facts)
                if feeder.issued.contains(where: { $0.reason == .sweep }) { return place }
            }
            return nil
        }
        let (usual, careful) = (firstFetched([:]), firstFetched([.userData: 0.9]))
        #expect(usual != nil && careful != nil)
        #expect((usual ?? 0) < (careful ?? 0))
        #expect(firstFetched([.userData: 1]) == nil)
        #expect(firstFetched([.config: 1]) == usual)
    }

    /// Who reads a file gets what is ahead of him in it.
    @Test func streamsAreNotTouched() {
        var (with, without) = (feeder([.media: 1, .userData: 1]), feeder([:]))
        for number in 0..<20 {
            let start = Int64(number) * 128 * kibibyte
            with.read(start, 128 * kibibyte, after: .milliseconds(20))
            without.read(start, 128 * kibibyte, after: .milliseconds(20))
        }
        #expect(with.bytesIssued > 0)
        #expect(with.bytesIssued == without.bytesIssued)
    }
}
