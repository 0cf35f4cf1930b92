import Model
import Testing

@testable import Foresight

/// Each predictor proposes what it alone is there for, and nothing once it is left out.
@Suite struct PredictorSetTests {
    /// Somebody watches a film to its end, jumps about in another, and looks through a folder of photos.
    private func reasons(without left: PredictorSet) -> Set<PrefetchReason> {
        let films = OneFolder(
            ["Show S01E01.mp4", "Show S01E02.mp4", "Show S01E01.srt"], size: 40 * mebibyte)
        var folder = films
        folder.files[2].size = 20 * kibibyte
        var feeder = Feeder(predictors: PredictorSet.all.subtracting(left))
        feeder.open(folder.files[0], among: folder)
        for at in stride(from: Int64(0), to: 40 * mebibyte, by: Int(256 * kibibyte)) {
            feeder.read(
                at, 256 * kibibyte, file: folder.files[0].number.value, size: 40 * mebibyte,
                after: .milliseconds(50), among: folder)
        }
        let photos = OneFolder((100..<130).map { "photo \($0).jpg" }, size: mebibyte, folder: 10)
        for facts in photos.files.prefix(20) {
            feeder.open(facts, after: .milliseconds(20), among: photos)
            feeder.read(
                0, 64 * kibibyte, file: facts.number.value, size: facts.size, among: photos)
            feeder.close(facts)
        }
        return Set(feeder.issued.map(\.reason))
    }

    @Test func allOfThemHaveTheirReasons() {
        #expect(
            reasons(without: []).isSuperset(
                of: [.sequential, .container, .sidecar, .series, .sweep]))
    }

    @Test(
        arguments: [
            (PredictorSet.stream, PrefetchReason.sequential), (.container, .container),
            (.sidecar, .sidecar), (.series, .series), (.sweep, .sweep),
        ])
    func whatIsLeftOutProposesNothing(left: PredictorSet, reason: PrefetchReason) {
        #expect(!reasons(without: left).contains(reason))
    }

    /// After runs of a megabyte each, a jump brings as much as they took; without the predictor of jumps, no more than a stream's first window.
    @Test(arguments: [PredictorSet(), .jump])
    func jumpsAreOfOne(left: PredictorSet) {
        let film = OneFolder(["film.mkv"], size: 1 << 30)
        var feeder = Feeder(predictors: PredictorSet.all.subtracting(left))
        feeder.open(film.files[0], among: film)
        var behindJump: Int64 = 0
        for start in [0, 200, 500].map({ $0 * mebibyte }) {
            for number in 0..<Int64(16) {
                let before = feeder.bytesIssued
                feeder.read(
                    start + number * 128 * kibibyte, 128 * kibibyte,
                    file: film.files[0].number.value, after: .milliseconds(20))
                if number == 0 { behindJump = feeder.bytesIssued - before }
            }
        }
        #expect((behindJump > mebibyte) == left.isEmpty, "\(behindJump)")
    }

    @Test func namesAreThoseOfAll() {
        let named = PredictorSet.names.reduce(into: PredictorSet()) { $0.insert($1.predictor) }
        #expect(named == .all)
        #expect(PredictorSet(name: "sweep") == .sweep)
        #expect(PredictorSet(name: "all") == nil)
    }
}
