/// A tree as the library has it: nodes by number, children behind their parents but not side by side.
struct LibraryTree {
    /// −1 for a leaf.
    var left: [Int64]
    var right: [Int64]
    /// Column that a split compares.
    var column: [Int64]
    /// A split's threshold, a leaf's value.
    var condition: [Float]
    /// 1: a missing value goes left.
    var missingGoesLeft: [Int64]
    /// What a split has taken off the squared error.
    var gain: [Float]
    /// Samples of each node, for an objective whose second derivative is 1.
    var samples: [Float]

    /// - Parameter value: one of `learner.gradient_booster.model.trees`.
    init(_ value: UBJSONValue) throws(XGBoostError) {
        guard let left = value["left_children"]?.integers,
            let right = value["right_children"]?.integers,
            let column = value["split_indices"]?.integers,
            let condition = value["split_conditions"]?.floats,
            let missingGoesLeft = value["default_left"]?.integers,
            let gain = value["loss_changes"]?.floats,
            let samples = value["sum_hessian"]?.floats
        else { throw XGBoostError("a tree in a format that is not known here") }
        let counts = [
            right.count, column.count, condition.count, missingGoesLeft.count, gain.count,
            samples.count,
        ]
        guard !left.isEmpty, counts.allSatisfy({ $0 == left.count }) else {
            throw XGBoostError("a tree whose arrays differ in length")
        }
        self.left = left
        self.right = right
        self.column = column
        self.condition = condition
        self.missingGoesLeft = missingGoesLeft
        self.gain = gain
        self.samples = samples
        for node in left.indices where left[node] >= 0 {
            let children = [left[node], right[node]]
            guard children.allSatisfy({ $0 > Int64(node) && $0 < Int64(left.count) }) else {
                throw XGBoostError("a tree whose children lie before their parents")
            }
        }
    }

    var count: Int { left.count }

    func isLeaf(_ node: Int) -> Bool { left[node] < 0 }
}
