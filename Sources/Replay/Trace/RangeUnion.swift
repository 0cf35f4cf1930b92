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

    consuming func merged() -> DistinctRanges {
        runs.sort { ($0.file, $0.range.lowerBound) < ($1.file, $1.range.lowerBound) }
        var distinct = DistinctRanges()
        for run in runs { distinct.extend(file: run.file, run.range) }
        return distinct
    }
}

/// What many ranges cover together, in order, with each thing numbered.
struct DistinctRanges: Sendable {
    private struct Run: Sendable {
        var file: Int
        var range: Range<Int64>
        /// Number of its first thing.
        var base: Int64
    }

    private var runs: [Run] = []
    private(set) var count: Int64 = 0

    /// - Parameter range: starts no sooner than any before it in the same file.
    fileprivate mutating func extend(file: Int, _ range: Range<Int64>) {
        if let last = runs.last, last.file == file, range.lowerBound <= last.range.upperBound {
            guard range.upperBound > last.range.upperBound else { return }
            count += range.upperBound - last.range.upperBound
            runs[runs.count - 1].range = last.range.lowerBound..<range.upperBound
        } else {
            runs.append(Run(file: file, range: range, base: count))
            count += range.upperBound - range.lowerBound
        }
    }

    /// The number of a thing that is covered; those behind it in the same inserted range follow.
    func number(file: Int, _ place: Int64) -> Int64 {
        var (low, high) = (0, runs.count)
        while low < high {
            let middle = (low + high) / 2
            let run = runs[middle]
            if (run.file, run.range.lowerBound) <= (file, place) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        let run = runs[low - 1]
        return run.base + place - run.range.lowerBound
    }
}
