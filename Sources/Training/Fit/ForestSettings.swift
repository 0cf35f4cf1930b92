/// How forests are grown.
struct ForestSettings: Equatable, Sendable {
    var trees = 100
    var depth = 10
    /// Samples that a node has at least to be split, and a leaf at least; of those that its tree was given.
    var samplesToSplitMin = 5
    var samplesInLeafMin = 2
    /// Of the samples, how many each tree is given: as many as a sample of the same size, drawn with replacement, has different
    /// ones (1 − 1/e).
    var sampleShare = 0.632
    /// Thresholds that are tried of each feature: quantiles.
    var bins = 64
    /// Trees that find out which features are worth something.
    var treesToSelect = 25
    var seed: UInt64 = 1

    /// Of so many features, how many each split chooses among: a third, as is usual for a mean of squares, and the root where
    /// they are few.
    func featuresToSplit(of columns: Int) -> Int {
        let root = Double(columns).squareRoot().rounded(.up)
        return min(columns, max(Int(root), (columns + 2) / 3))
    }

    /// By the library's names.
    ///
    /// The objective is the squared error with a base of 0, no shrinkage (`eta`) and no penalty (`lambda`), in one round of
    /// parallel trees: a leaf has the mean of its samples, and the trees of a round are averaged. The second derivative
    /// of that objective is 1, so that `min_child_weight` counts samples. For a label of 0 or 1 the mean is a
    /// probability (Malley et al., "Probability Machines", 2012).
    ///
    /// - Parameter columns: of the matrix.
    func parameters(trees: Int, columns: Int) -> [(name: String, value: String)] {
        // The library rounds the number of columns down.
        let columnShare = min(1, (Double(featuresToSplit(of: columns)) + 0.01) / Double(columns))
        return [
            ("booster", "gbtree"), ("objective", "reg:squarederror"), ("base_score", "0"),
            ("eta", "1"), ("lambda", "0"), ("num_parallel_tree", "\(trees)"),
            ("max_depth", "\(depth)"), ("min_child_weight", "\(samplesInLeafMin)"),
            ("subsample", "\(sampleShare)"), ("colsample_bynode", "\(columnShare)"),
            ("tree_method", "hist"), ("max_bin", "\(bins)"), ("nthread", "1"),
            // A signed number in the library.
            ("seed", "\(seed & 0x7FFF_FFFF)"), ("verbosity", "0"),
            ("disable_default_eval_metric", "1"),
        ]
    }
}
