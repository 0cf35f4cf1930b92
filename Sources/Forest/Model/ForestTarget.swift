/// What a forest predicts of a file.
public enum ForestTarget: UInt8, CaseIterable, Sendable {
    /// Whether it will be read within the lookahead: 0 … 1.
    case read
    /// How much of it then: share of its bytes, 0 … 1.
    case share
    /// Opens within the next day, as `log(1 + opens)`.
    case popularity
    /// How long it stays unchanged, as `log(1 + seconds)`.
    case validity
}
