import Model
import Platform

/// What somebody wants to be asked for anew, whatever its age.
extension NodeTable {
    /// From here on what was known before is not believed any more. Answers to what the share is being asked now may be of before,
    /// too: they are asked for again.
    mutating func beginDoubt(at now: Duration) {
        doubtedAt = now
        questions.overtakeAll()
    }

    /// The next look at a node asks the share, and so does the next at the names in it. Contents stay: whether they hold is what
    /// the attributes will say.
    mutating func doubt(_ id: NodeID, at now: Duration, _ effects: inout Effects) {
        guard let node = self[id] else { return }
        // Its time to live is kept: it goes on growing where the share says the same as before.
        self[id]?.validity.since = .zero - FreshnessRules.ttlMax
        if node.lookups > 0 { effects.notices.append(.attributes(id)) }
        doubtNames(in: id, at: now, &effects)
    }

    /// The next look at the names in a folder asks the share; at those that were not there, too.
    mutating func doubtNames(in id: NodeID, at now: Duration, _ effects: inout Effects) {
        guard let state = directories[id] else { return }
        directories[id]?.validity = Validity(since: .zero - FreshnessRules.ttlMax, ttl: .zero)
        directories[id]?.doubtAbsent()
        for (name, absence) in state.absent where absence.believedUntil > now {
            effects.notices.append(.entry(parent: id, name: name))
        }
    }

    /// Whether a listing that was asked for at this time may be of before a ``beginDoubt(at:)``.
    func isDoubted(askedAt time: Duration) -> Bool { doubtedAt.map { time <= $0 } ?? false }
}
