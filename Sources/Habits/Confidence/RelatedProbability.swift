/// How probable it is that a file is wanted because another one was opened: 0.4 pattern + 0.3 time + 0.3 relationship. All terms are
/// 0 ... 1; from 0.7 on it is worth fetching.
public struct RelatedProbability: Sendable, Equatable {
    /// What the two are to each other by their names and places.
    public enum Relationship: Sendable, CaseIterable {
        /// Subtitles, artwork, notes of it.
        case companion
        /// The next episode, track or part.
        case next
        /// In the same folder.
        case folder
        /// In a folder beside it.
        case neighbour
        case none

        public var weight: Double {
            switch self {
            case .companion, .next: 1
            case .folder: 0.6
            case .neighbour: 0.3
            case .none: 0
            }
        }
    }

    public static let threshold = 0.7

    /// How surely the one followed the other before: the confidence of an association rule, or the share of the folder's opens that went on to the
    /// next file.
    public var pattern: Double
    /// How well the time of day suits the file: the share of its occasions, or of its folder's where it was never opened, within
    /// an hour of it; the latest weigh most.
    public var time: Double
    public var relationship: Relationship

    public init(pattern: Double, time: Double, relationship: Relationship) {
        self.pattern = pattern
        self.time = time
        self.relationship = relationship
    }

    public var value: Double {
        0.4 * min(1, max(0, pattern)) + 0.3 * min(1, max(0, time)) + 0.3 * relationship.weight
    }

    public var isWorthFetching: Bool { value >= Self.threshold }
}
