import Model
import Tiers

/// Files and folders around one another, as far as they are listed.
extension NodeTable {
    struct NamedFile {
        var id: NodeID
        var name: Name
        var size: Int64
        var inode: UInt64
        /// As what it was read last.
        var version: CachedFile?
    }

    /// The regular files of a folder, in its order, and its path; nil where it is not listed, has no name any more, or holds more than `limit`.
    func files(
        of folder: NodeID, atMost limit: Int
    ) -> (path: RelativePath, files: [NamedFile])? {
        guard let state = self[directory: folder], state.knowledge == .complete,
            state.order.count <= limit, let path = path(of: folder)
        else { return nil }
        var files: [NamedFile] = []
        files.reserveCapacity(state.order.count)
        for entry in state.order {
            guard let child = self[entry.node], child.attributes.isRegular else { continue }
            files.append(
                NamedFile(
                    id: entry.node, name: entry.name, size: child.attributes.size,
                    inode: child.attributes.inode, version: child.file))
        }
        return (path, files)
    }

    /// What a folder holds, by name; nil where its listing is not known, or has more than `limit` entries.
    func names(
        in path: RelativePath, atMost limit: Int
    ) -> [(name: Name, attributes: FileAttributes)]? {
        guard let folder = node(at: path), let state = self[directory: folder],
            state.knowledge == .complete, state.order.count <= limit
        else { return nil }
        return state.order.compactMap { entry in
            self[entry.node].map { (entry.name, $0.attributes) }
        }
    }

    /// The folder to which a walk goes on from another one.
    ///
    /// - Parameter byName: it takes the folders of each in the order of their names, else in that of the listing.
    func folder(after start: NodeID, byName: Bool) -> NodeID? {
        if let inside = folders(of: start, byName: byName).first { return inside }
        var at = start
        while at != .root, let node = self[at], !node.isDetached {
            let siblings = folders(of: node.place.parent, byName: byName)
            if let place = siblings.firstIndex(of: at), place + 1 < siblings.count {
                return siblings[place + 1]
            }
            at = node.place.parent
        }
        return nil
    }

    private func folders(of id: NodeID, byName: Bool) -> [NodeID] {
        guard let state = self[directory: id], state.knowledge == .complete else { return [] }
        var folders = state.order.filter { self[directory: $0.node] != nil }
        if byName { folders.sort { $0.name.bytes.lexicographicallyPrecedes($1.name.bytes) } }
        return folders.map(\.node)
    }
}
