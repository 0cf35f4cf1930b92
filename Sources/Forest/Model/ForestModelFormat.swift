/// The bytes of a model file; all numbers little-endian.
///
///     magic (8), format version (4), length of the whole file (8)
///     lookahead, window, scorecard: fixed width
///     names of the features: their number (1), then a string each; trees name features by their place in this list
///     forests: their number (1), then for each
///         target (1), error, error of the mean, importances, calibration
///         number of trees (4), then for each the number of its nodes (4), and 8 bytes a node
///     XXH3 (64 bits) of all before it
///
/// A change of the layout or of a meaning needs another ``version``.
enum ForestModelFormat {
    static let magic: UInt64 = 0x5453_5246_4452_414C  // "LARDFRST"
    static let version: UInt32 = 1
    /// Four forests of 100 trees of depth 10 have 6.6 MB.
    static let bytesMax = 32 << 20
    static let headerBytes = 20
    static let checksumBytes = 8
    static let nodeBytes = 8
}
