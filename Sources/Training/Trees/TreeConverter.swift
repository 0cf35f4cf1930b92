import Forest

/// Turns the library's trees into ours, and adds up what each column was worth.
///
/// The library splits what has enough samples for two leaves. A forest here also wants a number of samples to split at all:
/// a node with fewer becomes a leaf with the mean of its samples, which is that of the leaves below it, weighted by
/// their samples.
struct TreeConverter {
    /// What each column of the library's is.
    let columns: [Feature]
    /// Samples that a node has at least to be split.
    let samplesToSplitMin: Float
    /// By column: the sum over all splits of what they have taken off the squared error.
    private(set) var gains: [Double]

    init(columns: [Feature], samplesToSplitMin: Int) {
        self.columns = columns
        self.samplesToSplitMin = Float(samplesToSplitMin)
        gains = Array(repeating: 0, count: columns.count)
    }

    /// - Parameter bytes: a model that the library has serialized.
    mutating func forest(of bytes: [UInt8]) throws(XGBoostError) -> RandomForest {
        let model: UBJSONValue
        do throws(UBJSONError) {
            model = try UBJSONReader.value(of: bytes)
        } catch {
            throw XGBoostError(error.description)
        }
        let learner = model["learner"]
        // Added to the sum of the trees; later versions write a list of one.
        let base = learner?["learner_model_param"]?["base_score"]?.string ?? ""
        guard Double(base.filter { $0 != "[" && $0 != "]" }) == 0 else {
            throw XGBoostError("a base score of '\(base)' where 0 was asked for")
        }
        guard let values = learner?["gradient_booster"]?["model"]?["trees"]?.array else {
            throw XGBoostError("a model without trees")
        }
        var trees: [DecisionTree] = []
        for value in values { trees.append(try convert(try LibraryTree(value))) }
        guard let forest = RandomForest(trees: trees) else {
            throw XGBoostError("\(trees.count) trees")
        }
        return forest
    }

    private mutating func convert(_ tree: LibraryTree) throws(XGBoostError) -> DecisionTree {
        let means = Self.means(of: tree)
        // Breadth first, so that siblings lie side by side and a walk's first steps are in few cache lines.
        var order = [0]
        var nodes: [TreeNode] = []
        while nodes.count < order.count {
            let number = order[nodes.count]
            guard !tree.isLeaf(number), tree.samples[number] >= samplesToSplitMin else {
                nodes.append(.leaf(means[number]))
                continue
            }
            let column = Int(tree.column[number])
            guard columns.indices.contains(column), order.count + 1 < DecisionTree.nodesMax else {
                throw XGBoostError("a split by column \(column), or a tree that is too large")
            }
            gains[column] += Double(tree.gain[number])
            nodes.append(
                .split(
                    columns[column], below: tree.condition[number],
                    leftChild: UInt16(order.count),
                    missingGoesLeft: tree.missingGoesLeft[number] == 1))
            order.append(Int(tree.left[number]))
            order.append(Int(tree.right[number]))
        }
        guard let converted = DecisionTree(nodes: nodes) else {
            throw XGBoostError("a tree with values that are no numbers")
        }
        return converted
    }

    /// What each node would say if it were a leaf.
    private static func means(of tree: LibraryTree) -> [Float] {
        var means = tree.condition
        // Children lie behind their parents.
        for node in tree.left.indices.reversed() where !tree.isLeaf(node) {
            let left = Int(tree.left[node])
            let right = Int(tree.right[node])
            let samples = tree.samples[left] + tree.samples[right]
            means[node] =
                (means[left] * tree.samples[left] + means[right] * tree.samples[right]) / samples
        }
        return means
    }
}
