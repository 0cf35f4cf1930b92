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

    /// Final confidence (``FinalConfidence``) from which on a file is fetched because of others, or of the time.
    public var confidenceMin: Double {
        switch self {
        case .aggressive: 0.5
        case .balanced: 0.7
        case .conservative: 0.9
        }
    }

    /// Part of a resource in use at which nothing is fetched because of others.
    var resourcesMax: Double {
        switch self {
        case .aggressive: 0.8
        case .balanced: 0.6
        case .conservative: 0.4
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
