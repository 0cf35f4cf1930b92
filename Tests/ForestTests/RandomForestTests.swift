import TestSupport
import Testing

@testable import Forest

@Suite struct RandomForestTests {
    private func vector(_ values: [Feature: Float]) -> FeatureVector {
        var vector = FeatureVector()
        for (feature, value) in values { vector[feature] = value }
        return vector
    }

    /// hour < 12 ? 1 : (size < 100 ? 2 : 3), a missing hour goes right, a missing size left.
    private let nodes: [TreeNode] = [
        .split(.hour, below: 12, leftChild: 1, missingGoesLeft: false),
        .leaf(1),
        .split(.size, below: 100, leftChild: 3, missingGoesLeft: true),
        .leaf(2), .leaf(3),
    ]

    @Test func aTreeByHand() throws {
        let tree = try #require(DecisionTree(nodes: nodes))
        #expect(tree.depth == 2)
        #expect(tree.value(for: vector([.hour: 11.5])) == 1)
        // What equals the threshold is not less.
        #expect(tree.value(for: vector([.hour: 12, .size: 99])) == 2)
        #expect(tree.value(for: vector([.hour: 12, .size: 100])) == 3)
        #expect(tree.value(for: vector([.size: 100])) == 3)
        #expect(tree.value(for: vector([.hour: 13])) == 2)
        #expect(tree.value(for: vector([:])) == 2)
    }

    @Test func whatIsNotFiniteIsMissing() throws {
        var vector = FeatureVector()
        vector[.hour] = .infinity
        #expect(vector[.hour] == nil)
        vector[.hour] = 3
        vector[.hour] = -.infinity
        #expect(vector[.hour] == nil)
    }

    /// The forest walks its trees otherwise than a tree itself does.
    @Test func aForestIsTheSumOfItsTrees() throws {
        let seed = TestRun.seed
        var random = SplitMix(seed: seed)
        for count in [1, 3, 4, 5, 11, 16] {
            let trees = (0..<count).compactMap { _ in
                random.tree(splits: Int(random.next() % 40))
            }
            let forest = try #require(RandomForest(trees: trees))
            #expect(forest.treeCount == count)
            #expect(forest.trees == trees.map(\.nodes), "seed \(seed)")
            for _ in 0..<50 {
                let vector = random.vector()
                let sum = trees.reduce(Float(0)) { $0 + $1.value(for: vector) }
                // Floats that are added up in another order.
                #expect(abs(forest.value(for: vector) - sum) < 1e-4, "seed \(seed)")
            }
        }
    }

    @Test func whatIsNoTreeIsRefused() {
        let wrong: [[TreeNode]] = [
            [],
            // Its own child, a child before it, a child behind the end, one child only.
            [.split(.hour, below: 1, leftChild: 5, missingGoesLeft: true), .leaf(1), .leaf(1)],
            [.split(.hour, below: 1, leftChild: 2, missingGoesLeft: true), .leaf(1), .leaf(1)],
            [
                .split(.hour, below: 1, leftChild: 1, missingGoesLeft: true),
                .split(.hour, below: 1, leftChild: 1, missingGoesLeft: true), .leaf(1),
            ],
            [.leaf(.nan)], [.leaf(.infinity)],
            [
                TreeNode(value: 1, leftChild: 1, feature: 200, missingGoesLeft: 1), .leaf(1),
                .leaf(1),
            ],
            [
                TreeNode(value: 1, leftChild: 1, feature: 0, missingGoesLeft: 2), .leaf(1),
                .leaf(1),
            ],
            Array(repeating: .leaf(1), count: DecisionTree.nodesMax + 1),
        ]
        for nodes in wrong { #expect(DecisionTree(nodes: nodes) == nil) }
        #expect(RandomForest(trees: []) == nil)
    }
}
