import Fuse

/// The byte ranges that one owner has locked in one file. Pure.
struct GrantedRanges: Hashable, Sendable {
    /// Apart from each other; kinds do not matter for saying whose they are.
    private(set) var ranges: [Range<Int64>] = []

    /// What a successful `fcntl` did: takes the range away, and adds it again unless it unlocks.
    mutating func set(_ lock: FuseLock) {
        let changed = Self.range(lock.start, lock.length)
        ranges = ranges.flatMap { old -> [Range<Int64>] in
            guard old.overlaps(changed) else { return [old] }
            return [
                old.lowerBound..<max(old.lowerBound, changed.lowerBound),
                min(old.upperBound, changed.upperBound)..<old.upperBound,
            ].filter { !$0.isEmpty }
        }
        if lock.kind != .unlock { ranges.append(changed) }
    }

    func overlap(start: Int64, length: Int64) -> Bool {
        let asked = Self.range(start, length)
        return ranges.contains { $0.overlaps(asked) }
    }

    /// - Parameter length: 0 reaches to the end.
    private static func range(_ start: Int64, _ length: Int64) -> Range<Int64> {
        let (end, overflow) = start.addingReportingOverflow(length)
        return start..<(length == 0 || overflow ? .max : max(start, end))
    }
}
