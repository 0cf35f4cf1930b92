public import Habits
import Model

/// What a forest expects of what may be opened.
public enum HabitRanking {
    /// - Parameters:
    ///   - now: seconds since 1970.
    ///   - local: the same on the clock on the wall.
    /// - Returns: all of it with the forest's probabilities, the most probable first, expected from now to the end of the forest's lookahead; what the
    ///   forest says nothing of as the rules have it.
    public static func candidates(
        _ evidence: [HabitEvidence], _ model: ForestModel, at now: Int64, _ local: LocalTime
    ) -> [HabitCandidate] {
        evidence.map { item in
            var candidate = item.candidate
            let vector = HabitFeatures.vector(of: item, at: now, local)
            guard let probability = model.probability(for: vector) else { return candidate }
            candidate.probability = probability
            candidate.window = now...now + model.lookaheadSeconds
            candidate.shareInSpan = 1
            candidate.detection = Detection(
                candidate.detection.kind, confidence: probability,
                reason: "\(candidate.detection.reason); as probable as at such times before")
            return candidate
        }.sorted { ($1.probability, $0.file) < ($0.probability, $1.file) }
    }
}
