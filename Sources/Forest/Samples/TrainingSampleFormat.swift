/// The bytes of a file of samples, or of a pipe; all numbers little-endian.
///
///     magic (8), format version (4), lookahead in seconds (8)
///     names of the features: their number (1), then a string each
///     rows of fixed width, in the order of time: seconds (8), bytes (8), was read (1), and as 32-bit floats, NaN for
///     missing, rules' confidence, share, opens, validity, and the features
enum TrainingSampleFormat {
    static let magic: UInt64 = 0x4C50_4D53_4452_414C  // "LARDSMPL"
    static let version: UInt32 = 1
    /// Of the header: a name has at most 255 bytes.
    static let headerBytesMax = 21 + 255 * 257

    static func rowBytes(features: Int) -> Int { 33 + 4 * features }
}
