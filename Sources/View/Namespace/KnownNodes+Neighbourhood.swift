import Model
import Synchronization
import Tiers

/// What lies around a file.
extension KnownNodes {
    func files(
        of folder: NodeID, atMost limit: Int
    ) -> (path: RelativePath, files: [NodeTable.NamedFile])? {
        table.withLock { $0.files(of: folder, atMost: limit) }
    }

    /// What a folder holds, by name; nil where its listing is not known, or has more than `limit` entries.
    func names(
        in path: RelativePath, atMost limit: Int
    ) -> [(name: Name, attributes: FileAttributes)]? {
        table.withLock { $0.names(in: path, atMost: limit) }
    }

    func folder(after start: NodeID, byName: Bool) -> NodeID? {
        table.withLock { $0.folder(after: start, byName: byName) }
    }

    /// The folder that a node lies in, with its path, its attributes and as what it was read last; nil for what has no name.
    func whereabouts(
        of id: NodeID
    ) -> (
        folder: NodeID, path: RelativePath, attributes: FileAttributes, version: CachedFile?
    )? {
        table.withLock { table in
            guard let node = table[id], let path = table.path(of: id) else { return nil }
            return (node.place.parent, path, node.attributes, node.file)
        }
    }
}
