/// How much of what was read those have who rank it, when all have as many bytes: see ``ForestScorecard``.
enum EqualBytes {
    /// What is ranked: its score, its bytes, and whether it was read.
    struct Item {
        var score: Double
        var bytes: Double
        var wasRead: Bool
    }

    /// - Returns: share of the bytes taken that was read, when as many are taken as were read in all; nil where nothing was
    ///   read. Of items of the same score all are taken in part, as the mean over all their orders has it.
    static func share(_ items: [Item]) -> Double? {
        let budget = items.reduce(0) { $0 + ($1.wasRead ? $1.bytes : 0) }
        guard budget > 0 else { return nil }
        let ranked = items.sorted { $0.score > $1.score }
        var left = budget
        var caught = 0.0
        var index = 0
        while index < ranked.count, left > 0 {
            var bytes = 0.0
            var read = 0.0
            let score = ranked[index].score
            while index < ranked.count, ranked[index].score == score {
                bytes += ranked[index].bytes
                if ranked[index].wasRead { read += ranked[index].bytes }
                index += 1
            }
            guard bytes > 0 else { continue }
            let part = min(1, left / bytes)
            caught += part * read
            left -= part * bytes
        }
        return caught / budget
    }
}
