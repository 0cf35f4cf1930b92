import Model

/// Inside a film: where somebody jumps to.
extension Foresight {
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
    mutating func planJump(
        _ index: Int, of file: Int, _ event: ReadEvent, _ plan: inout PrefetchPlan
    ) {
        // Small reads belong to indexes and databases, and a volume that nobody opens has no reader.
        guard event.range.count >= tuning.unit, files[file].handles > 0, event.range.lowerBound > 0,
            governor.restraint == nil, ledger[.sequential].trust == .full,
            let expected = runExpected(of: file, besides: index, event.reader),
            !readers.isScanner(event.reader)
        else { return }
        let bytes = min(expected, windowLimit, budgetLeft, allowance.left)
        let frontier = files[file].streams[index].frontier
        let goal = min(event.fileSize, frontier + bytes)
        let because = Prediction.Because(files[file].streams[index])
        var from = files[file].streams[index].fetchedTo
        var length = Self.jumpFirst
        while from < goal {
            let end = min(
                event.fileSize,
                (min(goal, from + length) + tuning.unit - 1) / tuning.unit * tuning.unit)
            predict(
                file, from..<end, confidence: because.confidence, .sequential, because,
                at: event.at, due: event.at + .milliseconds(plan.requests.count), &plan)
            from = end
            length *= 2
        }
        files[file].streams[index].fetchedTo = max(from, files[file].streams[index].fetchedTo)
    }

    /// The least that a handle read on in its last runs, where at least half of them went on at all; nil else.
    private func runExpected(of file: Int, besides index: Int, _ reader: Reader) -> Int64? {
        var before = UInt64.max
        var runs = 0
        var long = 0
        var least = Self.jumpMax
        while runs < Self.jumpRuns {
            var latest: Int?
            for other in files[file].streams.indices
            where other != index && files[file].streams[other].born < before
                && files[file].streams[other].reader.handle == reader.handle
                && files[file].streams[other].born
                    >= latest.map({ files[file].streams[$0].born }) ?? 0
            {
                latest = other
            }
            guard let latest else { break }
            before = files[file].streams[latest].born
            runs += 1
            let bytes = files[file].streams[latest].progress * tuning.unit
            guard bytes >= Self.jumpRunMin else { continue }
            long += 1
            least = min(least, bytes)
        }
        return long > 0 && 2 * long >= runs ? least : nil
    }
}
