import Model
import Share

/// Who may do what, in a view that several users share.
extension NodeTable {
    /// Whether mode bits let everybody read a file or a folder, and search all that are above it.
    func isEverybodysToRead(_ id: NodeID) -> Bool {
        guard let node = self[id], node.attributes.mode & 0o004 != 0 else { return false }
        var (at, depth) = (id, 0)
        while at != .root {
            guard let place = self[at]?.place, depth < 4096,
                let folder = self[place.parent], folder.attributes.mode & 0o001 != 0
            else { return false }
            (at, depth) = (place.parent, depth + 1)
        }
        return true
    }

    /// Nobody waits for the listing of a larger folder: it is asked for one name at a time, and listed behind the reader's
    /// back.
    static let refreshedEntriesMax = 2048
    /// From so many names on that were asked for since the last listing.
    static let singleQuestionsMax = 4

    /// Whether listing a node's folder is the way to learn its rights.
    func mayRefreshFolder(of id: NodeID) -> Bool {
        guard rules.rightsLifetime != nil, rules.consistency == .eventual, id != .root,
            let node = self[id], !node.attributesAreStale, !node.isDetached,
            directories[node.place.parent]?.unlisted.contains(node.place.name) == false
        else { return false }
        return isRefreshable(node.place.parent)
    }

    private func isRefreshable(_ folder: NodeID) -> Bool {
        guard let state = directories[folder], state.knowledge == .complete else { return false }
        return (1...Self.refreshedEntriesMax).contains(state.order.count)
    }

    /// A name of a folder that is too large to be waited for is asked for by itself. - Returns: whether more are likely.
    mutating func mayBeSweptThrough(_ folder: NodeID) -> Bool {
        guard rules.rightsLifetime != nil, rules.consistency == .eventual,
            directories[folder]?.knowledge == .complete
        else { return false }
        directories[folder]?.agingLookups += 1
        return directories[folder]?.agingLookups == Self.singleQuestionsMax
    }

    /// Folders that follow `id` in its own, then the next ones beside that with what is inside them, of whose inside nothing
    /// may be believed any more.
    func foldersToRefresh(after id: NodeID, atMost count: Int, at now: Duration) -> [NodeID] {
        guard let parent = self[id]?.place.parent else { return [] }
        var found = folders(behind: id, in: parent).filter { mustBeRefreshed($0, at: now) }
        if parent != .root, let above = self[parent]?.place.parent {
            for uncle in folders(behind: parent, in: above) where found.count < count {
                let inside = directories[uncle]?.order.map(\.node) ?? []
                found += ([uncle] + inside).filter { mustBeRefreshed($0, at: now) }
            }
        }
        return Array(found.prefix(count))
    }

    private func folders(behind id: NodeID, in parent: NodeID) -> [NodeID] {
        guard let order = directories[parent]?.order,
            let place = order.firstIndex(where: { $0.node == id })
        else { return [] }
        // No more are looked at than could be asked for, files between them included.
        return order[(place + 1)...].prefix(64 * RightsSweep.aheadMax).map(\.node)
            .filter { directories[$0] != nil }
    }

    private func mustBeRefreshed(_ folder: NodeID, at now: Duration) -> Bool {
        guard let state = directories[folder], !questions.isBeingListed(folder) else {
            return false
        }
        switch state.knowledge {
        // The index has it, as old as everything else after a restart.
        case .unread: return true
        case .partial: return false
        case .complete:
            // What a listing brings attributes of: not what another file system lies in.
            let fileSystem = self[folder]?.attributes.device
            guard isRefreshable(folder),
                let node = state.order.lazy.compactMap({ self[$0.node] })
                    .first(where: { $0.attributes.device == fileSystem })
            else { return false }
            return self.state(of: node, at: now) == .expired
        }
    }
}
