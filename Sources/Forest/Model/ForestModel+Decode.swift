import Platform

extension ForestModel {
    /// Takes nothing that it has not checked: neither lengths, nor numbers, nor that trees are trees.
    public init(decoding bytes: [UInt8]) throws(ForestModelRefusal) {
        guard bytes.count <= ForestModelFormat.bytesMax else { throw .tooLarge }
        let decoded = bytes.withUnsafeBytes { raw in
            Result { () throws(ForestModelRefusal) in try Self.decode(raw) }
        }
        self = try decoded.get()
    }

    private static func decode(
        _ raw: UnsafeRawBufferPointer
    ) throws(ForestModelRefusal) -> ForestModel {
        var header = ByteReader(raw)
        guard header.fixed(UInt64.self) == ForestModelFormat.magic else { throw .foreign }
        let version = header.fixed(UInt32.self)
        guard !header.failed else { throw .truncated }
        guard version == ForestModelFormat.version else { throw .otherVersion(version) }
        let length = header.fixed(UInt64.self)
        let least = ForestModelFormat.headerBytes + ForestModelFormat.checksumBytes
        guard !header.failed, length == UInt64(raw.count), raw.count >= least else {
            throw .truncated
        }
        let end = raw.count - ForestModelFormat.checksumBytes
        var trailer = ByteReader(UnsafeRawBufferPointer(rebasing: raw[end...]))
        guard XXH3.hash64(UnsafeRawBufferPointer(rebasing: raw[..<end])) == trailer.fixed() else {
            throw .damaged
        }
        return try decodeBody(
            UnsafeRawBufferPointer(rebasing: raw[ForestModelFormat.headerBytes..<end]))
    }

    private static func decodeBody(
        _ raw: UnsafeRawBufferPointer
    ) throws(ForestModelRefusal) -> ForestModel {
        var reader = ByteReader(raw)
        let lookahead = reader.fixed(Int64.self)
        let window = window(&reader)
        let card = scorecard(&reader)
        let features = try features(&reader)
        var forests: [ForestTarget: TrainedForest] = [:]
        let count = reader.fixed(UInt8.self)
        for _ in 0..<count {
            guard let target = ForestTarget(rawValue: reader.fixed()), forests[target] == nil else {
                throw .senseless("a target that there is not, or twice")
            }
            forests[target] = try forest(&reader, features)
        }
        guard reader.isComplete else { throw .senseless("bytes missing or left over") }
        guard lookahead > 0 else { throw .senseless("a lookahead of \(lookahead) s") }
        return ForestModel(
            lookaheadSeconds: lookahead, window: window, scorecard: card, forests: forests)
    }

    private static func window(_ reader: inout ByteReader) -> TrainingWindow {
        TrainingWindow(
            first: reader.fixed(), last: reader.fixed(), learned: reader.fixed(),
            calibrated: reader.fixed(), judged: reader.fixed())
    }

    private static func scorecard(_ reader: inout ByteReader) -> ForestScorecard {
        let figures = { (reader: inout ByteReader) in
            ForestScorecard.Figures(
                brier: reader.double(), areaUnderCurve: reader.double(),
                byteShare: reader.double())
        }
        return ForestScorecard(
            samples: reader.fixed(), reads: reader.fixed(), forest: figures(&reader),
            rules: figures(&reader), popularity: figures(&reader), brierOfMean: reader.double(),
            calibrationError: reader.double(), advantage: reader.double(),
            advantageError: reader.double())
    }

    /// What each number of a feature in the file means here.
    private static func features(
        _ reader: inout ByteReader
    ) throws(ForestModelRefusal) -> [Feature] {
        var features: [Feature] = []
        for _ in 0..<reader.fixed(UInt8.self) {
            let name = String(decoding: reader.string(), as: UTF8.self)
            guard !reader.failed else { throw .senseless("a name that is not whole") }
            guard let feature = Feature(name: name) else {
                throw .unknownFeature(String(name.prefix(64)))
            }
            features.append(feature)
        }
        return features
    }

    private static func forest(
        _ reader: inout ByteReader, _ features: [Feature]
    ) throws(ForestModelRefusal) -> TrainedForest {
        let error = reader.double()
        let errorOfMean = reader.double()
        var importances: [TrainedForest.Importance] = []
        for _ in 0..<reader.fixed(UInt8.self) {
            let place = Int(reader.fixed(UInt8.self))
            let value = reader.float()
            guard place < features.count, value.isFinite else {
                throw .senseless("an importance of nothing")
            }
            importances.append(TrainedForest.Importance(feature: features[place], value: value))
        }
        let calibration = try calibration(&reader)
        let treeCount = reader.fixed(UInt32.self)
        guard !reader.failed, treeCount > 0, treeCount <= UInt32(RandomForest.treesMax) else {
            throw .senseless("\(treeCount) trees")
        }
        var trees: [DecisionTree] = []
        trees.reserveCapacity(Int(treeCount))
        for _ in 0..<treeCount {
            guard let tree = DecisionTree(nodes: try nodes(&reader, features)) else {
                throw .senseless("a tree that is none")
            }
            trees.append(tree)
        }
        guard let forest = RandomForest(trees: trees) else { throw .senseless("no trees") }
        return TrainedForest(
            forest: forest, calibration: calibration, importances: importances, error: error,
            errorOfMean: errorOfMean)
    }

    /// The nodes of a tree, with features as they are numbered here.
    private static func nodes(
        _ reader: inout ByteReader, _ features: [Feature]
    ) throws(ForestModelRefusal) -> [TreeNode] {
        let count = Int(reader.fixed(UInt32.self))
        guard !reader.failed, count <= DecisionTree.nodesMax,
            count * ForestModelFormat.nodeBytes <= reader.remaining
        else { throw .senseless("a tree of \(count) nodes") }
        var nodes: [TreeNode] = []
        nodes.reserveCapacity(count)
        for _ in 0..<count {
            var node = TreeNode(
                value: reader.float(), leftChild: reader.fixed(), feature: reader.fixed(),
                missingGoesLeft: reader.fixed())
            if !node.isLeaf {
                guard Int(node.feature) < features.count else {
                    throw .senseless("a split by nothing")
                }
                node.feature = features[Int(node.feature)].rawValue
            }
            nodes.append(node)
        }
        return nodes
    }

    private static func calibration(
        _ reader: inout ByteReader
    ) throws(ForestModelRefusal) -> Calibration {
        switch reader.fixed(UInt8.self) {
        case 0: return .identity
        case 1:
            if let curve = LogisticCurve(slope: reader.double(), offset: reader.double()) {
                return .logistic(curve)
            }
        case 2:
            let count = Int(reader.fixed(UInt16.self))
            guard count <= IsotonicCurve.pointsMax else { break }
            let points = (0..<count).map { _ in
                IsotonicCurve.Point(value: reader.double(), probability: reader.double())
            }
            if let curve = IsotonicCurve(points: points) { return .isotonic(curve) }
        default: break
        }
        throw .senseless("a calibration that is none")
    }
}
