public import Model

public typealias Strategy = PrefetchStrategy

/// The figures of each strategy.
extension PrefetchStrategy {
    /// How far into the future a prediction may reach.
    public var lookahead: Duration {
        switch self {
        case .aggressive: .seconds(600)
        case .balanced: .seconds(300)
        case .conservative: .seconds(120)
        }
    }

    /// Bytes ahead of one stream, at most.
    public var windowMax: ByteCount {
        switch self {
        case .aggressive: .mebibytes(100)
        case .balanced: .mebibytes(50)
        case .conservative: .mebibytes(20)
        }
    }
}
