/// Decision trees whose values are added up (Breiman, "Random Forests", Machine Learning 2001): the trees hold their
/// share of the mean already.
///
/// All nodes lie in one array, and a prediction allocates nothing. A walk through a tree is a chain of loads, each of which
/// waits for the one before, with branches that nobody can foresee. So four trees are walked at a time, step by step
/// and without a branch: a leaf is its own child, and each tree is walked for as many steps as the deepest of the four has.
/// Threads: any; a value that does not change.
public struct RandomForest: Equatable, Sendable {
    public static let treesMax = 512
    private static let lanes = 4

    /// Splits as they are. Leaves as splits that nothing is beyond, whose left child they are themselves.
    private let steps: [TreeNode]
    /// By node; 0 for splits.
    private let leafValues: [Float]
    /// Where each tree begins, and how many steps its longest walk has.
    private let starts: [Int32]
    private let depths: [Int32]

    /// - Returns: nil for none, or too many.
    public init?(trees: [DecisionTree]) {
        guard !trees.isEmpty, trees.count <= Self.treesMax else { return nil }
        let count = trees.reduce(0) { $0 + $1.nodes.count }
        var steps: [TreeNode] = []
        var leafValues: [Float] = []
        steps.reserveCapacity(count)
        leafValues.reserveCapacity(count)
        var starts: [Int32] = []
        for tree in trees {
            starts.append(Int32(steps.count))
            for (index, node) in tree.nodes.enumerated() {
                steps.append(node.isLeaf ? Self.step(leafAt: index) : node)
                leafValues.append(node.isLeaf ? node.value : 0)
            }
        }
        self.steps = steps
        self.leafValues = leafValues
        self.starts = starts
        depths = trees.map { Int32($0.depth) }
    }

    /// Feature 0 is never infinite, and goes left where it is missing.
    private static func step(leafAt index: Int) -> TreeNode {
        TreeNode(
            value: .infinity, leftChild: UInt16(truncatingIfNeeded: index), feature: 0,
            missingGoesLeft: 1)
    }

    public var treeCount: Int { starts.count }
    public var nodeCount: Int { steps.count }

    /// The nodes of each tree, for who stores or examines them.
    var trees: [[TreeNode]] {
        starts.indices.map { tree in
            let start = Int(starts[tree])
            let end = tree + 1 < starts.count ? Int(starts[tree + 1]) : steps.count
            return (start..<end).map { node in
                Int(steps[node].leftChild) == node - start ? .leaf(leafValues[node]) : steps[node]
            }
        }
    }

    public func value(for vector: FeatureVector) -> Float {
        vector.values.withUnsafeBufferPointer { features in
            steps.withUnsafeBufferPointer { steps in
                var sum: Float = 0
                var tree = 0
                while tree + Self.lanes <= starts.count {
                    sum += valueOfFour(tree, steps, features)
                    tree += Self.lanes
                }
                while tree < starts.count {
                    let start = Int(starts[tree])
                    var node = start
                    for _ in 0..<depths[tree] { node = Self.next(node, start, steps, features) }
                    sum += leafValues[node]
                    tree += 1
                }
                return sum
            }
        }
    }

    @inline(__always)
    private func valueOfFour(
        _ tree: Int, _ steps: UnsafeBufferPointer<TreeNode>, _ features: UnsafeBufferPointer<Float>
    ) -> Float {
        let (start0, start1) = (Int(starts[tree]), Int(starts[tree + 1]))
        let (start2, start3) = (Int(starts[tree + 2]), Int(starts[tree + 3]))
        var (node0, node1, node2, node3) = (start0, start1, start2, start3)
        let depth = max(
            max(depths[tree], depths[tree + 1]), max(depths[tree + 2], depths[tree + 3]))
        for _ in 0..<depth {
            node0 = Self.next(node0, start0, steps, features)
            node1 = Self.next(node1, start1, steps, features)
            node2 = Self.next(node2, start2, steps, features)
            node3 = Self.next(node3, start3, steps, features)
        }
        return leafValues[node0] + leafValues[node1] + leafValues[node2] + leafValues[node3]
    }

    /// The child that a walk comes to. Trees were checked when they were made: a child lies in its tree.
    @inline(__always)
    private static func next(
        _ node: Int, _ start: Int, _ steps: UnsafeBufferPointer<TreeNode>,
        _ features: UnsafeBufferPointer<Float>
    ) -> Int {
        let step = steps[node]
        let feature = features[Int(step.feature)]
        // A missing one is not greater than anything, and has a side of its own.
        let goesRight: UInt8 =
            (feature >= step.value ? 1 : 0)
            | ((feature.isNaN ? 1 : 0) & (1 ^ step.missingGoesLeft))
        return start &+ Int(step.leftChild) &+ Int(goesRight)
    }
}
