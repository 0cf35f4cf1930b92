/// A split or a leaf of a tree, in 8 bytes.
public struct TreeNode: Equatable, Sendable {
    /// A split's threshold: what is less goes left, as XGBoost has it. A leaf's value.
    public var value: Float
    /// Place of the left child in its tree, the right one follows it; 0 for a leaf, since no child is the root.
    public var leftChild: UInt16
    /// Whose value is compared, as ``Feature/rawValue``; 0 for a leaf.
    public var feature: UInt8
    /// Where a missing value goes: 1 is left.
    public var missingGoesLeft: UInt8

    public static func leaf(_ value: Float) -> TreeNode {
        TreeNode(value: value, leftChild: 0, feature: 0, missingGoesLeft: 0)
    }

    public static func split(
        _ feature: Feature, below threshold: Float, leftChild: UInt16, missingGoesLeft: Bool
    ) -> TreeNode {
        TreeNode(
            value: threshold, leftChild: leftChild, feature: feature.rawValue,
            missingGoesLeft: missingGoesLeft ? 1 : 0)
    }

    public var isLeaf: Bool { leftChild == 0 }
}
