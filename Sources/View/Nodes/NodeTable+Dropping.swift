import Model
import Platform
import Share
import Tiers

/// Nodes that are not believed any more, and those that go.
extension NodeTable {
    /// A file was not what its name had led to: the folders above it are asked for before they are believed again.
    mutating func distrustFolders(above id: NodeID, _ effects: inout Effects) {
        guard isShared else { return }
        var at = id
        while at != .root, let node = self[at], !node.isDetached {
            self[at]?.validity.since = .zero - FreshnessRules.ttlMax
            // Also for who stands in it, and comes by no name.
            effects.notices.append(.inode(at))
            effects.notices.append(.entry(parent: node.place.parent, name: node.place.name))
            at = node.place.parent
        }
    }

    /// When the share has last said that a name leads to a node.
    func lastAnswer(of place: Node.Place, _ id: NodeID) -> Duration {
        guard let node = self[id], node.place != place else {
            return self[id]?.validity.since ?? .zero - FreshnessRules.ttlMax
        }
        let other = otherPlaces[id]?.first { $0.place == place }
        return other?.since ?? .zero - FreshnessRules.ttlMax
    }

    /// The next look at a name asks the share.
    mutating func distrust(
        _ place: Node.Place, of id: NodeID, _ effects: inout Effects
    ) {
        let longAgo = Duration.zero - FreshnessRules.ttlMax
        if self[id]?.place == place {
            self[id]?.validity.since = longAgo
        } else if let index = otherPlaces[id]?.firstIndex(where: { $0.place == place }) {
            otherPlaces[id]?[index].since = longAgo
        }
        guard let node = self[id], node.lookups > 0 else { return }
        effects.notices.append(.entry(parent: place.parent, name: place.name))
    }

    /// Whether neither the kernel nor anything else in the table needs the node.
    func isUnreferenced(_ id: NodeID) -> Bool {
        guard let node = self[id] else { return true }
        let hasInside =
            directories[id].map { !$0.children.isEmpty || questions.isBeingListed(id) } ?? false
        return node.lookups == 0 && node.opens == 0 && !hasInside && otherPlaces[id] == nil
    }

    /// Takes a node out that nobody needs, and that its folder has no name for any more.
    mutating func drop(_ id: NodeID, _ effects: inout Effects) {
        guard let node = self[id] else { return }
        if let file = node.file { effects.dropped.append(file) }
        remove(id, &effects)
        dropped += 1
        if dropped >= Self.droppedMany {
            dropped = 0
            effects.isMuchFree = true
        }
    }
}
