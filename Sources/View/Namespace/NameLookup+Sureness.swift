import Fuse
import Model
import Platform
import Share
import Synchronization

/// Looks of those who may want to be sure: see ``NodeTable/isToBeSure(_:for:at:wall:)``.
extension NameLookup {
    /// How long who may want to be sure waits for a share that does not answer. He may as well be somebody who reads what is
    /// cached: several who look a name up at once ask in the same way.
    static let surenessPatience = Duration.milliseconds(500)

    /// Whether somebody who wanted to be sure has waited in vain, and the share has answered nothing since: the next ones would
    /// only wait as well, each for himself and once for each name on his way.
    private var isSilent: Bool {
        lostPatienceAt.withLock { $0 }.map { share.scheduler.lastCompletion <= $0 } ?? false
    }

    /// What is known of a name, for whoever asks for it.
    private func knownEntry(_ id: NodeID) -> FuseEntry? {
        let now = nodes.now
        return nodes.table.withLock { table in
            guard table.isKnown(id), table.hasName(id) else { return nil }
            table.retain(id)
            return KnownNodes.entry(&table, id, at: now)
        }
    }

    func makeSure(
        _ parent: NodeID, _ name: Name, _ location: ShareLocation, _ cached: NodeID,
        _ completion: @escaping @Sendable (EntryResult) -> Void
    ) {
        if isSilent, let entry = knownEntry(cached) {
            completion(.success(entry))
            return upkeep.add(.revalidate(cached))
        }
        let isAnswered = Atomic(false)
        let answer: @Sendable (EntryResult) -> Bool = { result in
            guard !isAnswered.exchange(true, ordering: .acquiringAndReleasing) else { return false }
            completion(result)
            return true
        }
        ask(parent, name, location, cached: cached) { [self] result in
            guard !answer(result), case .success(let entry) = result, entry.nodeID != 0 else {
                return
            }
            // Nobody takes it any more.
            nodes.change { $0.forget(NodeID(raw: entry.nodeID), count: 1, &$2) }
        }
        let patienceEnds = nodes.clock.monotonic + Self.surenessPatience
        nodes.delays.submit(due: patienceEnds, ifFewerThan: share.scheduler.demandQueueMax) {
            [self] in
            guard !isAnswered.load(ordering: .acquiring) else { return }
            lostPatienceAt.withLock { $0 = nodes.clock.monotonic }
            guard let entry = knownEntry(cached), !answer(.success(entry)) else { return }
            nodes.change { $0.forget(cached, count: 1, &$2) }
        }
    }
}
