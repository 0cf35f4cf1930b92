import Model
import Platform
import Synchronization

/// What the ``Catalogue`` asks of the table.
extension KnownNodes {
    /// A folder that is to be looked at.
    enum FolderToLookAt {
        /// Nothing is forgotten of it until the look is over.
        case known(NodeID, FolderIdentity)
        /// What is in the folder above it was given back.
        case unread(NodeID, RelativePath)
        case gone
    }

    /// - Parameter parent: nil for the root.
    func beginLook(_ parent: NodeID?, _ name: Name) -> FolderToLookAt {
        table.withLock { table in
            var id = NodeID.root
            if let parent {
                guard table.isKnown(parent), let state = table[directory: parent],
                    let path = table.path(of: parent)
                else { return .gone }
                guard let child = state.children[name], table[directory: child] != nil else {
                    return state.knowledge == .unread ? .unread(parent, path) : .gone
                }
                id = child
            }
            guard let attributes = table[id]?.attributes else { return .gone }
            table.beginLook(at: id)
            return .known(id, FolderIdentity(attributes))
        }
    }

    func endLook(at id: NodeID, keeping knownMax: Int) {
        change { table, _, effects in table.endLook(at: id, keeping: knownMax, &effects) }
    }

    /// - Parameter isRead: the index was asked for it, if it was not known.
    func lookStep(of id: NodeID, isRead: Bool) -> NodeTable.LookStep {
        let (now, wall) = (now, clock.wall)
        return table.withLock { $0.lookStep(of: id, isRead: isRead, at: now, wall: wall) }
    }

    /// The share has said of a folder what it is. - Returns: whether its names are as they were listed.
    func confirmNames(
        of id: NodeID, _ found: FileAttributes, askedAt asked: Duration
    ) -> Bool {
        table.withLock { $0.confirmNames(of: id, found, askedAt: asked) }
    }

    /// A folder's names as they are known; nil where they are not.
    func listed(
        _ id: NodeID
    ) -> (entries: [DirectoryState.Entry], identity: FolderIdentity)? {
        table.withLock { table in
            guard let entries = table.snapshot(of: id)?.entries,
                let attributes = table[id]?.attributes
            else { return nil }
            return (entries, FolderIdentity(attributes))
        }
    }
}
