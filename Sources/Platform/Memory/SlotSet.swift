import Model

/// A set of slot numbers of one slab, 0 ..< 512.
struct SlotSet: Equatable, Sendable {
    private var words = SIMD8<UInt64>(repeating: 0)
    private(set) var count = 0

    /// Slots 0 ..< `count`.
    init(first count: Int = 0) {
        precondition((0...512).contains(count))
        for index in 0..<8 where count > index * 64 {
            let width = min(64, count - index * 64)
            words[index] = UInt64.max >> UInt64(64 - width)
        }
        self.count = count
    }

    var isEmpty: Bool { count == 0 }

    func contains(_ slot: Int) -> Bool { words[slot >> 6] >> UInt64(slot & 63) & 1 == 1 }

    mutating func insert(_ slot: Int) {
        precondition(!contains(slot), "slot given back twice")
        words[slot >> 6] |= 1 << UInt64(slot & 63)
        count += 1
    }

    mutating func popFirst() -> Int? {
        guard count > 0 else { return nil }
        for index in 0..<8 where words[index] != 0 {
            let bit = words[index].trailingZeroBitCount
            words[index] &= words[index] &- 1
            count -= 1
            return index << 6 + bit
        }
        return nil
    }

    /// Adds slots of which none is in the set yet.
    mutating func formUnion(disjoint other: SlotSet) {
        words |= other.words
        count += other.count
    }

    /// Runs of neighbouring slots, lowest first.
    var runs: [Range<Int>] {
        var found: [Range<Int>] = []
        for index in 0..<8 {
            for run in BlockMask(rawValue: words[index]).runs {
                let start = index << 6 + run.lowerBound
                if let last = found.last, last.upperBound == start {
                    found[found.count - 1] = last.lowerBound..<(start + run.count)
                } else {
                    found.append(start..<(start + run.count))
                }
            }
        }
        return found
    }
}
