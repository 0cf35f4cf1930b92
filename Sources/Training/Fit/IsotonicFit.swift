import Forest

/// The rising curve with the least squared error (Ayer et al. 1955: pool adjacent violators), thinned out to what a
/// ``IsotonicCurve`` has room for.
enum IsotonicFit {
    private struct Block {
        /// Sums over its samples.
        var value: Double
        var label: Double
        var samples: Double

        var mean: Double { label / samples }
    }

    /// - Parameter samples: what the forest said and what happened; nil for none.
    static func curve(_ samples: [(value: Double, label: Double)]) -> IsotonicCurve? {
        var blocks: [Block] = []
        for sample in samples.sorted(by: { $0.value < $1.value }) {
            var block = Block(value: sample.value, label: sample.label, samples: 1)
            while let last = blocks.last,
                last.mean >= block.mean || last.value / last.samples >= block.value / block.samples
            {
                block.value += last.value
                block.label += last.label
                block.samples += last.samples
                blocks.removeLast()
            }
            blocks.append(block)
        }
        while blocks.count > IsotonicCurve.pointsMax { blocks = joined(blocks) }
        return IsotonicCurve(
            points: blocks.map { block in
                IsotonicCurve.Point(
                    value: block.value / block.samples, probability: min(1, max(0, block.mean)))
            })
    }

    /// Pairs of neighbours as one: what rises goes on rising.
    private static func joined(_ blocks: [Block]) -> [Block] {
        stride(from: 0, to: blocks.count, by: 2).map { index in
            guard index + 1 < blocks.count else { return blocks[index] }
            let (one, other) = (blocks[index], blocks[index + 1])
            return Block(
                value: one.value + other.value, label: one.label + other.label,
                samples: one.samples + other.samples)
        }
    }
}
