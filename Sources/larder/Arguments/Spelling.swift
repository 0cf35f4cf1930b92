/// Finds what somebody may have meant.
enum Spelling {
    /// The candidate nearest to `word`, if it is near: one edit for short words, two for longer
    /// ones, or `word` is its beginning.
    static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
        let editsMax = word.count <= 4 ? 1 : 2
        var best: (candidate: String, edits: Int)?
        for candidate in candidates {
            let edits = distance(Array(word.lowercased()), Array(candidate))
            if edits <= editsMax, edits < best?.edits ?? .max { best = (candidate, edits) }
        }
        if let best { return best.candidate }
        return word.count >= 3 ? candidates.first { $0.hasPrefix(word.lowercased()) } : nil
    }

    /// Optimal string alignment distance: insertions, deletions, substitutions and swaps of
    /// neighbours, each counting one.
    static func distance(_ left: [Character], _ right: [Character]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for row in left.indices {
            var current = [row + 1]
            for column in right.indices {
                let substitution = last[column] + (left[row] == right[column] ? 0 : 1)
                var best = min(substitution, last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1],
                    left[row - 1] == right[column]
                {
                    best = min(best, beforeLast[column - 1] + 1)
                }
                current.append(best)
            }
            (beforeLast, last) = (last, current)
        }
        return last[right.count]
    }
}
