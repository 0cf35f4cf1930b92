public import Forest
import Habits

/// What a household is judged with: the daemon's constants.
public struct HouseholdSettings: Sendable {
    /// Days that are only learned from.
    public var learnedDays = 14
    /// Seconds between rounds, and what a round looks ahead.
    public var roundSeconds: Int64 = 300
    public var lookaheadSeconds: Int64 = 600
    /// Of a round's candidates: what is less probable is not brought.
    public var probabilityMin = 0.7 * RecentAccuracy.unknown
    /// Of what belongs to an open.
    public var relatedMin = RelatedProbability.threshold
    /// After its window, what was brought may still be opened and count as right.
    public var graceSeconds: Int64 = 900
    /// What belongs to an open has no time of its own: until then it may be opened.
    public var relatedSeconds: Int64 = 86_400
    /// Accuracy below which a round only watches.
    public var accuracyMin = 0.4
    /// How long the tier keeps what was read or brought.
    public var keptSeconds: Int64 = 7 * 86_400
    public var targetsMax = 100
    /// Makes a forest of samples, oldest first; nil: there is none, and the rules decide.
    public var train: (@Sendable ([TrainingSample]) -> ForestModel?)?
    /// Also where it is not better than the rules, to see what it would do.
    public var alwaysUsesForest = false

    public init() {}
}
