import Foresight
import Model
import Platform
import Synchronization

/// What Foresight may know of the tree: what the node table knows, and nothing that would have to be asked for.
///
/// Locks: called while Foresight's lock is held, takes the node table's.
struct ViewNeighbourhood: Neighbourhood {
    let namespace: Namespace

    private struct Candidate {
        var id: NodeID
        var name: Name
        var size: Int64
        var inode: UInt64
    }

    func files(of folder: FolderNumber, filesMax: Int) -> FolderSnapshot? {
        let id = NodeID(raw: folder.value)
        let found = namespace.table.withLock { table -> (Name, [Candidate])? in
            guard let state = table[directory: id], state.knowledge == .complete,
                state.order.count <= filesMax, let node = table[id]
            else { return nil }
            var files: [Candidate] = []
            files.reserveCapacity(state.order.count)
            for entry in state.order {
                guard let child = table[entry.node], child.attributes.isRegular else { continue }
                files.append(
                    Candidate(
                        id: entry.node, name: entry.name, size: child.attributes.size,
                        inode: child.attributes.inode))
            }
            return (node.place.name, files)
        }
        // Names become text outside of the table's lock.
        guard let (folderName, files) = found else { return nil }
        return FolderSnapshot(
            number: folder,
            files: files.map {
                Self.facts(
                    $0.id, in: folder, path: RelativePath([folderName, $0.name]), $0.size,
                    inode: $0.inode)
            })
    }

    /// nil for what has no name.
    func facts(of id: NodeID) -> FileFacts? {
        let known = namespace.table.withLock {
            table -> (FolderNumber, RelativePath, FileAttributes)? in
            guard let node = table[id], let path = table.path(of: id) else { return nil }
            return (FolderNumber(node.place.parent.raw), path, node.attributes)
        }
        guard let (folder, path, attributes) = known else { return nil }
        return Self.facts(
            id, in: folder, path: path, attributes.size, inode: attributes.inode)
    }

    /// - Parameter path: at least folder and name; the content type shows in these.
    private static func facts(
        _ id: NodeID, in folder: FolderNumber, path: RelativePath, _ size: Int64,
        inode: UInt64
    ) -> FileFacts {
        let type = ContentType(path: path, size: size)
        return FileFacts(
            number: FileNumber(id.raw), folder: folder,
            name: path.components.last?.description ?? "", size: size, chunkSize: type.chunkSize,
            contentType: type, inode: inode)
    }

    func folder(after folder: FolderNumber, byName: Bool) -> FolderNumber? {
        let start = NodeID(raw: folder.value)
        return namespace.table.withLock { table -> FolderNumber? in
            if let inside = Self.folders(of: start, table, byName: byName).first {
                return FolderNumber(inside.raw)
            }
            var at = start
            while at != .root, let node = table[at], !node.isDetached {
                let siblings = Self.folders(of: node.place.parent, table, byName: byName)
                if let place = siblings.firstIndex(of: at), place + 1 < siblings.count {
                    return FolderNumber(siblings[place + 1].raw)
                }
                at = node.place.parent
            }
            return nil
        }
    }

    private static func folders(
        of id: NodeID, _ table: borrowing NodeTable, byName: Bool
    ) -> [NodeID] {
        guard let state = table[directory: id], state.knowledge == .complete else { return [] }
        var folders = state.order.filter { table[directory: $0.node] != nil }
        if byName { folders.sort { $0.name.bytes.lexicographicallyPrecedes($1.name.bytes) } }
        return folders.map(\.node)
    }
}
