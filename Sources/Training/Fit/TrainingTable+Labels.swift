import Forest

import Glibc

extension TrainingTable {
    /// What came of a row, in the terms of ``ForestTarget``; nil where nobody knows.
    func label(_ row: Int, _ target: ForestTarget) -> Float? {
        let value: Float =
            switch target {
            case .read: wasRead[row] ? 1 : 0
            case .share: share[row]
            case .popularity: log1pf(opens[row])
            case .validity: log1pf(validity[row])
            }
        return value.isFinite ? value : nil
    }

    /// The rows of a range that have a label, and these.
    func labelled(
        _ range: Range<Int>, _ target: ForestTarget
    ) -> (rows: [Int], labels: [Float]) {
        var rows: [Int] = []
        var labels: [Float] = []
        for row in range {
            guard let label = label(row, target) else { continue }
            rows.append(row)
            labels.append(label)
        }
        return (rows, labels)
    }
}
