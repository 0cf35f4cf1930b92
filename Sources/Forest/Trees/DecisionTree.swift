/// A binary tree that gives a value for a ``FeatureVector``: nodes in one array, each before its children.
///
/// A tree that exists is sound: every walk ends after at most as many steps as it has nodes, and reads nothing outside
/// its nodes and the features.
public struct DecisionTree: Equatable, Sendable {
    /// A tree of depth 11 has so many at most.
    public static let nodesMax = 4095

    /// The root first; never empty.
    public let nodes: [TreeNode]

    /// - Returns: nil for nodes that are no tree, too many, or have values that are no numbers.
    public init?(nodes: [TreeNode]) {
        guard Self.isSound(nodes) else { return nil }
        self.nodes = nodes
    }

    /// Children lie behind their parent, so no walk comes back to where it was.
    private static func isSound(_ nodes: [TreeNode]) -> Bool {
        guard !nodes.isEmpty, nodes.count <= nodesMax else { return false }
        for (index, node) in nodes.enumerated() {
            guard node.value.isFinite, node.missingGoesLeft <= 1 else { return false }
            if node.isLeaf { continue }
            guard Int(node.leftChild) > index, Int(node.leftChild) + 1 < nodes.count,
                Int(node.feature) < Feature.count
            else { return false }
        }
        return true
    }

    /// Steps of the longest walk.
    public var depth: Int {
        var depths = [Int](repeating: 0, count: nodes.count)
        for (index, node) in nodes.enumerated() where !node.isLeaf {
            for child in [Int(node.leftChild), Int(node.leftChild) + 1] {
                depths[child] = max(depths[child], depths[index] + 1)
            }
        }
        return depths.max() ?? 0
    }

    public func value(for vector: FeatureVector) -> Float {
        var node = nodes[0]
        while !node.isLeaf {
            let feature = vector.values[Int(node.feature)]
            let goesLeft = feature.isNaN ? node.missingGoesLeft == 1 : feature < node.value
            node = nodes[Int(node.leftChild) + (goesLeft ? 0 : 1)]
        }
        return node.value
    }
}
