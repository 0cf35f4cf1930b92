import Foresight
import Model
import Share
import Synchronization

/// In a view that several users share, who may do what is asked of the share again and again (``FreshnessRules``): for a
/// folder at a time, and for the next folders of a sweep before it comes to them.
extension ListingFetcher {
    /// Lists a folder anew, which brings owner and mode of everything in it, and then calls `completion`, listed or not.
    func refreshFolder(_ id: NodeID, completion: @escaping @Sendable () -> Void) {
        let now = nodes.now
        list(id, urgency: .demand) { _ in completion() }
        let place = nodes.table.withLock { table in
            table[id].map { ($0.place.parent, table[$0.place.parent]?.place.parent ?? .root) }
        }
        guard let (parent, above) = place, id != .root,
            rightsSweep.withLock({ $0.isSweep(through: parent, in: above, at: now) })
        else { return }
        let next = nodes.table.withLock {
            $0.foldersToRefresh(after: id, atMost: RightsSweep.aheadMax, at: now)
        }
        for folder in next
        where share.scheduler.statistics.waiting < WalkPredictor.aheadOfWalk {
            list(folder, urgency: .prefetch) { _ in }
        }
    }
}
