import Model

/// Inside a film: what is read where somebody jumps to.
struct JumpPredictor: Predictor {
    /// A run of so many bytes is one that somebody read on; shorter ones are looks at an index.
    static let jumpRunMin: Int64 = 1 << 20
    /// Bytes fetched at once behind a jump, at most: what players take before they show a picture.
    static let jumpMax: Int64 = 2 << 20
    /// Runs of the same handle that tell what it does after a jump.
    static let jumpRuns = 4
    /// The first request behind a jump is as short as a read of the kernel, so that the next one waits for little.
    static let jumpFirst: Int64 = 128 << 10

    /// Who has read on for a while wherever he jumped to will do so here: he gets what he took the last times at once, and
    /// not one window after the other, each waited for.
    mutating func read(
        _ step: ReadStep, in scene: inout Scene, among neighbours: borrowing some Neighbourhood,
        _ plan: inout PrefetchPlan
    ) {
        let (file, index, event) = (step.file, step.stream, step.event)
        // Small reads belong to indexes and databases, and a volume that nobody opens has no reader.
        guard step.isNew, event.range.count >= scene.arbiter.tuning.unit,
            scene.files[file].handles > 0, event.range.lowerBound > 0,
            scene.arbiter.allows(.sequential, [.rest, .fullTrust]),
            let expected = runExpected(of: file, besides: index, event.reader, scene)
        else { return }
        let bytes = min(
            expected, scene.arbiter.windowLimit, scene.arbiter.budgetLeft,
            scene.arbiter.allowance.left)
        let frontier = scene.files[file].streams[index].frontier
        let goal = min(event.fileSize, frontier + bytes)
        let because = Prediction.Because(scene.files[file].streams[index])
        var from = scene.files[file].streams[index].fetchedTo
        var length = Self.jumpFirst
        while from < goal {
            let end = min(
                event.fileSize,
                (min(goal, from + length) + scene.arbiter.tuning.unit - 1)
                    / scene.arbiter.tuning.unit * scene.arbiter.tuning.unit)
            scene.propose(
                Candidate(
                    file, from..<end, probability: because.confidence, .sequential, because,
                    due: event.at + .milliseconds(plan.requests.count)), at: event.at, &plan)
            from = end
            length *= 2
        }
        scene.files[file].streams[index].fetchedTo = max(
            from, scene.files[file].streams[index].fetchedTo)
    }

    /// The least that a handle read on in its last runs, where at least half of them went on at all; nil else.
    private func runExpected(
        of file: Int, besides index: Int, _ reader: Reader, _ scene: borrowing Scene
    ) -> Int64? {
        var before = UInt64.max
        var runs = 0
        var long = 0
        var least = Self.jumpMax
        while runs < Self.jumpRuns {
            var latest: Int?
            for other in scene.files[file].streams.indices
            where other != index && scene.files[file].streams[other].born < before
                && scene.files[file].streams[other].reader.handle == reader.handle
                && scene.files[file].streams[other].born
                    >= latest.map({ scene.files[file].streams[$0].born }) ?? 0
            {
                latest = other
            }
            guard let latest else { break }
            before = scene.files[file].streams[latest].born
            runs += 1
            let bytes = scene.files[file].streams[latest].progress * scene.arbiter.tuning.unit
            guard bytes >= Self.jumpRunMin else { continue }
            long += 1
            least = min(least, bytes)
        }
        return long > 0 && 2 * long >= runs ? least : nil
    }
}
