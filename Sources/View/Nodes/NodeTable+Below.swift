import Model
import Tiers

/// What lies at and below a folder.
extension NodeTable {
    /// Forgets what is cached of a folder's inside, so that the next look asks the share.
    mutating func expire(below id: NodeID, _ effects: inout Effects) {
        self[id]?.validity.ttl = .zero
        self[id]?.validity.since = .zero - FreshnessRules.ttlMax
        beginVersion(id)
        effects.notices.append(.inode(id))
        guard directories[id] != nil else { return }
        directories[id]?.validity.ttl = .zero
        directories[id]?.validity.since = .zero - FreshnessRules.ttlMax
        directories[id]?.doubtAbsent()
        for child in directories[id]?.children.values.map({ $0 }) ?? [] {
            expire(below: child, &effects)
        }
    }

    /// Folders at and below `id`, which is at `path`, whose listing is known and has not been evicted since.
    func listings(below id: NodeID, at path: RelativePath) -> Set<RelativePath> {
        var found: Set<RelativePath> = []
        var queue = [(id, path)]
        while let (next, path) = queue.popLast() {
            guard let state = directories[next] else { continue }
            if state.knowledge == .complete, state.validity.since > .zero - FreshnessRules.ttlMax {
                found.insert(path)
            }
            for (name, child) in state.children where directories[child] != nil {
                queue.append((child, path.appending(name)))
            }
        }
        return found
    }

    /// All nodes at and below `id` that have a version open or cached.
    func files(below id: NodeID) -> [CachedFile] {
        var found: [CachedFile] = []
        var queue = [id]
        while let next = queue.popLast() {
            if let file = self[next]?.file { found.append(file) }
            if let state = directories[next] { queue.append(contentsOf: state.children.values) }
        }
        return found
    }
}
