import Foresight
import Model
import Platform
import Tiers

/// What Foresight may know of the tree: what the node table knows, and nothing that would have to be asked for.
///
/// Locks: called while Foresight's lock is held, takes the node table's.
struct ViewNeighbourhood: Neighbourhood {
    let nodes: KnownNodes
    let rules: ContentRules

    func files(of folder: FolderNumber, filesMax: Int) -> FolderSnapshot? {
        let found = nodes.files(of: NodeID(raw: folder.value), atMost: filesMax)
        // Names become text outside of the table's lock.
        guard let (path, files) = found else { return nil }
        return FolderSnapshot(
            number: folder,
            files: files.map {
                facts(
                    $0.id, in: folder, $0.name, below: path.components[...], $0.size,
                    inode: $0.inode, $0.version)
            })
    }

    /// nil for what has no name.
    func facts(of id: NodeID) -> FileFacts? {
        guard let (folder, path, attributes, version) = nodes.whereabouts(of: id),
            let name = path.components.last
        else { return nil }
        return facts(
            id, in: FolderNumber(folder.raw), name, below: path.components.dropLast(),
            attributes.size, inode: attributes.inode, version)
    }

    /// - Parameter path: of the folder.
    private func facts(
        _ id: NodeID, in folder: FolderNumber, _ name: Name, below path: ArraySlice<Name>,
        _ size: Int64, inode: UInt64, _ version: CachedFile?
    ) -> FileFacts {
        let type = version?.signature?.type ?? rules.finding(of: name, in: path, size: size).type
        return FileFacts(
            number: FileNumber(id.raw), folder: folder, name: name.description, size: size,
            chunkSize: version?.geometry.chunkSize ?? rules.chunkSize(of: type), contentType: type,
            inode: inode)
    }

    func folder(after folder: FolderNumber, byName: Bool) -> FolderNumber? {
        nodes.folder(after: NodeID(raw: folder.value), byName: byName)
            .map { FolderNumber($0.raw) }
    }
}
