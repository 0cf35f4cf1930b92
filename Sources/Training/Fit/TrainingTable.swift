import Forest

/// Samples by column, in the order of time.
///
/// It has room for ``rowsMax``; of more, those that came last are kept, and the others are counted.
struct TrainingTable {
    static let rowsMax = 200_000

    private let rowsMax: Int
    private(set) var seconds: [Int64] = []
    private(set) var bytes: [Int64] = []
    /// What the rules said; 0 where they said nothing.
    private(set) var rules: [Float] = []
    private(set) var wasRead: [Bool] = []
    /// NaN is missing.
    private(set) var share: [Float] = []
    private(set) var opens: [Float] = []
    private(set) var validity: [Float] = []
    /// Row by row, in the order of ``Feature``.
    private var features: [Float] = []
    /// Samples that were left out, as there was no room.
    private(set) var leftOut = 0

    init(rowsMax: Int = rowsMax) {
        self.rowsMax = max(1, rowsMax)
    }

    var count: Int { seconds.count }

    mutating func append(_ sample: TrainingSample) {
        // Room is made for a quarter more at a time.
        if count >= rowsMax + max(1, rowsMax / 4) { dropOldest() }
        seconds.append(sample.seconds)
        bytes.append(max(1, sample.bytes))
        rules.append(sample.rulesConfidence ?? 0)
        wasRead.append(sample.wasRead)
        share.append(sample.share ?? .nan)
        opens.append(sample.opensNextDay ?? .nan)
        validity.append(sample.validitySeconds ?? .nan)
        features += sample.features.values
    }

    /// After the last sample: what is too many goes, and the rest is brought into the order of time.
    mutating func finish() {
        dropOldest()
        guard zip(seconds, seconds.dropFirst()).contains(where: { $0 > $1 }) else { return }
        // Those of the same second stay in the order in which they came.
        let order = seconds.indices.sorted { (seconds[$0], $0) < (seconds[$1], $1) }
        let width = Feature.count
        features = order.flatMap { features[($0 * width)..<(($0 + 1) * width)] }
        seconds = order.map { seconds[$0] }
        bytes = order.map { bytes[$0] }
        rules = order.map { rules[$0] }
        wasRead = order.map { wasRead[$0] }
        share = order.map { share[$0] }
        opens = order.map { opens[$0] }
        validity = order.map { validity[$0] }
    }

    private mutating func dropOldest() {
        let excess = count - rowsMax
        guard excess > 0 else { return }
        leftOut += excess
        seconds.removeFirst(excess)
        bytes.removeFirst(excess)
        rules.removeFirst(excess)
        wasRead.removeFirst(excess)
        share.removeFirst(excess)
        opens.removeFirst(excess)
        validity.removeFirst(excess)
        features.removeFirst(excess * Feature.count)
    }

    subscript(row: Int, feature: Feature) -> Float {
        features[row * Feature.count + Int(feature.rawValue)]
    }

    func vector(_ row: Int) -> FeatureVector {
        var vector = FeatureVector()
        for feature in Feature.allCases { vector[feature] = self[row, feature] }
        return vector
    }

    /// The values of some rows and columns, row by row.
    func values(rows: [Int], columns: [Feature]) -> [Float] {
        let places = columns.map { Int($0.rawValue) }
        var values: [Float] = []
        values.reserveCapacity(rows.count * columns.count)
        for row in rows {
            let start = row * Feature.count
            for place in places { values.append(features[start + place]) }
        }
        return values
    }

    /// Whether some rows differ in a column. One that says the same everywhere says nothing.
    func varies(_ feature: Feature, rows: [Int]) -> Bool {
        guard let first = rows.first else { return false }
        let value = self[first, feature]
        return rows.contains { row in
            let other = self[row, feature]
            return other != value && !(other.isNaN && value.isNaN)
        }
    }
}
