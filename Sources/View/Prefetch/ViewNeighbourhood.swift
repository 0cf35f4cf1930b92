import Foresight
import Model
import Platform

/// What Foresight may know of the tree: what the node table knows, and nothing that would have to be asked for.
///
/// Locks: called while Foresight's lock is held, takes the node table's.
struct ViewNeighbourhood: Neighbourhood {
    let nodes: KnownNodes

    func files(of folder: FolderNumber, filesMax: Int) -> FolderSnapshot? {
        let found = nodes.files(of: NodeID(raw: folder.value), atMost: filesMax)
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
        guard let (folder, path, attributes) = nodes.whereabouts(of: id) else { return nil }
        return Self.facts(
            id, in: FolderNumber(folder.raw), path: path, attributes.size, inode: attributes.inode)
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
        nodes.folder(after: NodeID(raw: folder.value), byName: byName)
            .map { FolderNumber($0.raw) }
    }
}
