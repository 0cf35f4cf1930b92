import Foresight
import Model

/// The tree that a recording's list of files describes, with every folder known in the order of the list.
struct ListedNeighbourhood: Neighbourhood, Sendable {
    /// Files in the order of the list.
    private(set) var files: [FileFacts] = []
    /// From the list's numbers to positions in ``files``.
    private(set) var positions: [UInt64: Int] = [:]
    private var snapshots: [FolderNumber: FolderSnapshot] = [:]
    /// Folders that are reached after a folder, in the order of the list and by name.
    private var following: [FolderNumber: FolderNumber] = [:]
    private var followingByName: [FolderNumber: FolderNumber] = [:]

    /// Folders that are not listed themselves are numbered from here on.
    private static let unlistedFrom: UInt64 = 1 << 48

    /// - Parameter rules: give the files' content types.
    init(_ list: FileList, rules: ContentRules = .usual) {
        var folders: [RelativePath: FolderNumber] = [:]
        for entry in list.entries where entry.isFolder {
            folders[entry.path] = FolderNumber(entry.id)
        }
        // Folders in each folder, in the order of the list: what a walk goes down into.
        var below: [RelativePath: [RelativePath]] = [:]
        var known: Set<RelativePath> = []
        func note(_ folder: RelativePath) {
            guard known.insert(folder).inserted else { return }
            if folders[folder] == nil {
                folders[folder] = FolderNumber(Self.unlistedFrom + UInt64(folders.count))
            }
            guard !folder.components.isEmpty else { return }
            let parent = RelativePath(folder.components.dropLast())
            note(parent)
            below[parent, default: []].append(folder)
        }
        for entry in list.entries {
            if entry.isFolder {
                note(entry.path)
                continue
            }
            let parent = RelativePath(entry.path.components.dropLast())
            note(parent)
            let type = rules.type(of: entry.path, size: entry.size)
            guard let folder = folders[parent] else { continue }
            let facts = FileFacts(
                number: FileNumber(entry.id), folder: folder,
                name: entry.path.components.last?.description ?? "", size: entry.size,
                chunkSize: rules.chunkSize(of: type), contentType: type)
            positions[entry.id] = files.count
            files.append(facts)
            snapshots[folder, default: FolderSnapshot(number: folder, files: [])].files
                .append(facts)
        }
        following = walk(folders, below)
        for (folder, inside) in below {
            below[folder] = inside.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
        }
        followingByName = walk(folders, below)
    }

    /// From each folder to the next that has files, going down before across; the empty ones lead there too.
    private func walk(
        _ folders: [RelativePath: FolderNumber], _ below: [RelativePath: [RelativePath]]
    ) -> [FolderNumber: FolderNumber] {
        var order: [FolderNumber] = []
        var ahead = [RelativePath()]
        while let folder = ahead.popLast() {
            if let number = folders[folder] { order.append(number) }
            ahead += (below[folder] ?? []).reversed()
        }
        var following: [FolderNumber: FolderNumber] = [:]
        var next: FolderNumber?
        for folder in order.reversed() {
            following[folder] = next
            if snapshots[folder] != nil { next = folder }
        }
        return following
    }

    func files(of folder: FolderNumber, filesMax: Int) -> FolderSnapshot? {
        guard let snapshot = snapshots[folder], snapshot.files.count <= filesMax else { return nil }
        return snapshot
    }

    func folder(after folder: FolderNumber, byName: Bool) -> FolderNumber? {
        byName ? followingByName[folder] : following[folder]
    }
}
