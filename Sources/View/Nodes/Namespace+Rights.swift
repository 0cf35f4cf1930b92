import Foresight
import Model
import Share
import Synchronization

/// In a view that several users share, who may do what is asked of the share again and again (``FreshnessRules``): for a
/// folder at a time, and for the next folders of a sweep before it comes to them.
extension Namespace {
    /// Lists a folder anew, which brings owner and mode of everything in it, and then calls `completion`, listed or not.
    func refreshFolder(_ id: NodeID, completion: @escaping @Sendable () -> Void) {
        let now = now
        list(id, urgency: .demand) { _ in completion() }
        let parent = table.withLock { $0[id]?.place.parent }
        guard let parent, id != .root,
            rightsSweep.withLock({ $0.isSweep(through: parent, at: now) })
        else { return }
        let next = table.withLock {
            $0.foldersToRefresh(after: id, in: parent, atMost: RightsSweep.aheadMax, at: now)
        }
        for folder in next
        where share.scheduler.statistics.waiting < WalkPredictor.aheadOfWalk {
            list(folder, urgency: .prefetch) { _ in }
        }
    }
}

/// Tells somebody who goes from folder to folder from somebody who looks into one.
struct RightsSweep: Sendable {
    /// Folders refreshed ahead of a sweep, at most: as many as the share's lanes take at once.
    static let aheadMax = 16
    /// A sweep that has not gone on for so long is over.
    static let pauseMax = Duration.seconds(10)

    private var parent: NodeID?
    private var last = Duration.zero

    /// A folder inside `parent` is refreshed. - Returns: whether another one was just before.
    mutating func isSweep(through parent: NodeID, at now: Duration) -> Bool {
        defer {
            self.parent = parent
            last = now
        }
        return self.parent == parent && now - last <= Self.pauseMax
    }
}

extension NodeTable {
    /// Larger folders are asked for one name at a time.
    static let refreshedEntriesMax = 2048

    /// Whether listing a node's folder is the way to learn its rights.
    func mayRefreshFolder(of id: NodeID) -> Bool {
        guard rules.rightsLifetime != nil, rules.consistency == .eventual, id != .root,
            let node = self[id], !node.isDirty, !node.isDetached
        else { return false }
        return isRefreshable(node.place.parent)
    }

    private func isRefreshable(_ folder: NodeID) -> Bool {
        guard let state = directories[folder], state.knowledge == .complete else { return false }
        return (2...Self.refreshedEntriesMax).contains(state.order.count)
    }

    /// Folders that follow `id` in its own, and of whose inside nothing may be believed any more.
    func foldersToRefresh(
        after id: NodeID, in parent: NodeID, atMost count: Int, at now: Duration
    ) -> [NodeID] {
        guard let order = directories[parent]?.order,
            let place = order.firstIndex(where: { $0.node == id })
        else { return [] }
        var found: [NodeID] = []
        for entry in order[(place + 1)...] where found.count < count {
            guard let state = directories[entry.node], !state.isBeingListed else { continue }
            switch state.knowledge {
            // The index has it, as old as everything else after a restart.
            case .unread: found.append(entry.node)
            case .partial: continue
            case .complete:
                guard isRefreshable(entry.node), let first = state.order.first,
                    let node = self[first.node], self.state(of: node, at: now) == .expired
                else { continue }
                found.append(entry.node)
            }
        }
        return found
    }
}
