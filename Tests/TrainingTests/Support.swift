import Forest
import Platform
import TestSupport

@testable import Training

extension SplitMix {
    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
}

/// Samples of which it is known how they came about.
struct SampleMaker {
    var random: SplitMix
    /// Seconds between two samples.
    var step: Int64 = 60
    var count = 2000

    /// - Parameters:
    ///   - chance: of being read, by features; its features are `hour`, `accessCount`, `size` and `weekday`, all by chance, and
    ///     `size` is missing now and then.
    ///   - rules: what the rules say.
    mutating func samples(
        chance: (FeatureVector) -> Double, rules: (FeatureVector) -> Float? = { _ in nil }
    ) -> [TrainingSample] {
        (0..<count).map { index in
            var features = FeatureVector()
            features[.hour] = Float(random.next() % 24)
            features[.weekday] = Float(random.next() % 7)
            features[.accessCount] = Float(random.next() % 100)
            features[.priority] = 0.5
            if random.unit() > 0.2 { features[.size] = Float(random.unit() * 1e6) }
            let wasRead = random.unit() < chance(features)
            return TrainingSample(
                seconds: 1_700_000_000 + Int64(index) * step,
                bytes: 1000 + Int64(random.next() % 1000), features: features,
                rulesConfidence: rules(features), wasRead: wasRead,
                share: wasRead ? Float(features[.hour] ?? 0) / 24 : nil)
        }
    }

    static func table(_ samples: [TrainingSample]) -> TrainingTable {
        var table = TrainingTable()
        for sample in samples { table.append(sample) }
        table.finish()
        return table
    }

    /// In a file, for the program.
    static func write(_ samples: [TrainingSample], to path: String) throws {
        var writer = TrainingSampleWriter(lookaheadSeconds: 300)
        for sample in samples { writer.append(sample) }
        let file = try FileCalls.open(path, [.writeOnly, .create, .truncate], mode: 0o600)
        try FileContents.write(file.rawValue, writer.take())
    }
}
