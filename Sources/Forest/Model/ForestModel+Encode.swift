import Platform

extension ForestModel {
    /// The file's bytes. The same model has the same bytes.
    public var encoded: [UInt8] {
        var body = ByteWriter(reserving: 1 << 20)
        body.fixed(lookaheadSeconds)
        Self.write(window, to: &body)
        Self.write(scorecard, to: &body)
        body.fixed(UInt8(Feature.count))
        for feature in Feature.allCases { body.string(Array(feature.name.utf8)) }
        body.fixed(UInt8(forests.count { $0 != nil }))
        for target in ForestTarget.allCases {
            guard let trained = self[target] else { continue }
            body.fixed(target.rawValue)
            Self.write(trained, to: &body)
        }
        var file = ByteWriter(reserving: body.bytes.count + 64)
        file.fixed(ForestModelFormat.magic)
        file.fixed(ForestModelFormat.version)
        file.fixed(
            UInt64(
                ForestModelFormat.headerBytes + body.bytes.count + ForestModelFormat.checksumBytes))
        file.raw(body.bytes)
        file.fixed(XXH3.hash64(file.bytes))
        return file.bytes
    }

    private static func write(_ window: TrainingWindow, to writer: inout ByteWriter) {
        writer.fixed(window.first)
        writer.fixed(window.last)
        writer.fixed(window.learned)
        writer.fixed(window.calibrated)
        writer.fixed(window.judged)
    }

    private static func write(_ card: ForestScorecard, to writer: inout ByteWriter) {
        writer.fixed(card.samples)
        writer.fixed(card.reads)
        for figures in [card.forest, card.rules, card.popularity] {
            writer.double(figures.brier)
            writer.double(figures.areaUnderCurve)
            writer.double(figures.byteShare)
        }
        writer.double(card.brierOfMean)
        writer.double(card.calibrationError)
        writer.double(card.advantage)
        writer.double(card.advantageError)
    }

    private static func write(_ trained: TrainedForest, to writer: inout ByteWriter) {
        writer.double(trained.error)
        writer.double(trained.errorOfMean)
        writer.fixed(UInt8(trained.importances.count))
        for importance in trained.importances {
            writer.fixed(importance.feature.rawValue)
            writer.float(importance.value)
        }
        write(trained.calibration, to: &writer)
        writer.fixed(UInt32(trained.forest.treeCount))
        for tree in trained.forest.trees {
            writer.fixed(UInt32(tree.count))
            for node in tree {
                writer.float(node.value)
                writer.fixed(node.leftChild)
                writer.fixed(node.feature)
                writer.fixed(node.missingGoesLeft)
            }
        }
    }

    private static func write(_ calibration: Calibration, to writer: inout ByteWriter) {
        switch calibration {
        case .identity:
            writer.fixed(UInt8(0))
        case .logistic(let curve):
            writer.fixed(UInt8(1))
            writer.double(curve.slope)
            writer.double(curve.offset)
        case .isotonic(let curve):
            writer.fixed(UInt8(2))
            writer.fixed(UInt16(curve.points.count))
            for point in curve.points {
                writer.double(point.value)
                writer.double(point.probability)
            }
        }
    }
}
