/// Counts what many ranges cover together, each thing once. Sorts them by place: no table is needed.
struct RangeUnion: Sendable {
    private struct Run: Sendable {
        var file: Int
        var range: Range<Int64>
    }

    private var runs: [Run] = []

    mutating func insert(file: Int, _ range: Range<Int64>) {
        if let last = runs.last, last.file == file, last.range.lowerBound <= range.lowerBound,
            range.lowerBound <= last.range.upperBound
        {
            runs[runs.count - 1].range =
                last.range.lowerBound..<max(last.range.upperBound, range.upperBound)
        } else {
            runs.append(Run(file: file, range: range))
        }
    }

    consuming func count() -> Int64 {
        runs.sort { ($0.file, $0.range.lowerBound) < ($1.file, $1.range.lowerBound) }
        var total: Int64 = 0
        var file = -1
        var reached: Int64 = 0
        for run in runs {
            if run.file != file { (file, reached) = (run.file, 0) }
            guard run.range.upperBound > reached else { continue }
            total += run.range.upperBound - max(run.range.lowerBound, reached)
            reached = run.range.upperBound
        }
        return total
    }
}
