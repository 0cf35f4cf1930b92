public import Foresight
public import Model

/// How the predictor is set for a replay.
public struct ForesightSettings: Sendable {
    /// What the view allows to be fetched ahead and unread.
    static let budget = ByteCount.mebibytes(192)

    /// nil: moves by itself.
    public var strategy: Strategy?
    public var share: ShareModel
    /// Bytes of a prefetch unit; nil: what the model uses (4 KiB pages, 64 KiB blocks).
    public var unit: Int?
    /// To see what one of them brings, it is left out.
    public var predictors: PredictorSet

    public init(
        strategy: Strategy? = nil, share: ShareModel = ShareModel(), unit: Int? = nil,
        predictors: PredictorSet = .all
    ) {
        self.strategy = strategy
        self.share = share
        self.unit = unit
        self.predictors = predictors
    }

    var link: LinkState {
        LinkState(roundTrip: .nanoseconds(share.roundTrip), bandwidth: share.bandwidth)
    }

    /// - Parameters:
    ///   - unit: the model's own.
    ///   - memory: bytes of the cache; half of it is the most that is kept ahead, as in the tiers.
    func configuration(unit: Int, memory: Int64) -> Foresight.Configuration {
        var configuration = Foresight.Configuration()
        configuration.strategy = strategy
        configuration.predictors = predictors
        configuration.unit = self.unit ?? unit
        configuration.budget = min(Self.budget, ByteCount(memory / 2))
        return configuration
    }
}
