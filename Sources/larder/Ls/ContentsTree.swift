import Control
import Model

/// What is known and what is cached at and below one path, put together from what a daemon says page by page: names with their
/// sizes, and what each tier has of which version of a file. Pure.
struct ContentsTree {
    /// Bytes of files' contents.
    struct Figures: Equatable {
        var memory: Int64 = 0
        var disk: Int64 = 0
        var storage: Int64 = 0
        /// On disk or in the storage tier, and in a tier before that.
        var twice: Int64 = 0

        var cached: Int64 { memory + disk + storage - twice }

        static func += (left: inout Figures, right: Figures) {
            left.memory += right.memory
            left.disk += right.disk
            left.storage += right.storage
            left.twice += right.twice
        }
    }

    /// What tells a version of a file from another.
    struct Stamp: Hashable {
        var size: Int64
        var modified: Timestamp

        /// Of a file that is being written, the version in memory has no time.
        func isMeant(by other: Stamp) -> Bool {
            self == other || size == other.size && modified == Timestamp(seconds: 0)
        }
    }

    struct Node: Equatable {
        var name: Name
        /// Place in ``nodes``; before this one. nil at the top.
        var parent: Int?
        var kind: KnownBatch.Entry.Kind
        /// Of a file, where the daemon says it.
        var contentType: ContentType?
        /// Of a folder: of the files below it that are known.
        var size: Int64 = 0
        var figures = Figures()
        /// Of a folder: files below it that are known, and those of which something is cached.
        var files = 0
        var cachedFiles = 0
        /// Of a folder: all names below it are known.
        var isWhole = true
        fileprivate var modified: Timestamp?
        fileprivate var isListed = false
    }

    private struct Version {
        var tier: CachedBatch.Tier
        var number: Int64
        var stamp: Stamp
        var bytes: Int64
        var twice: Int64
    }

    private(set) var nodes: [Node]
    private let top: RelativePath
    private var places: [RelativePath: Int] = [:]
    private var versions: [RelativePath: [Version]] = [:]
    /// Folders whose names are still to be asked for, and behind which name.
    private var unlisted: [(place: Int, path: RelativePath, after: Name?)] = []

    /// - Parameter path: below the view's root.
    init(at path: RelativePath) {
        top = path
        nodes = [Node(name: path.components.last ?? Name(""), parent: nil, kind: .unknown)]
        places[path] = 0
        unlisted = [(0, path, nil)]
    }

    // MARK: - What the daemon says

    /// The folder, or at the start what may be one, whose names are to be asked for next.
    var nextQuestion: (path: RelativePath, after: Name?)? {
        unlisted.last.map { ($0.path, $0.after) }
    }

    /// Takes in the answer to ``nextQuestion``.
    mutating func take(_ batch: KnownBatch) {
        guard let (place, path, _) = unlisted.popLast() else { return }
        switch batch.knowledge {
        case .nothing:
            nodes[place].isWhole = nodes[place].parent != nil
            nodes[place].isListed = false
            if place == 0 { nodes[0].isWhole = false }
            return
        case .other:
            guard let entry = batch.entries.first else { return }
            nodes[place].kind = entry.kind
            nodes[place].contentType = entry.contentType
            nodes[place].size = entry.sizeBytes
            nodes[place].modified = entry.kind == .file ? entry.modified : nil
            return
        case .complete: nodes[place].isListed = true
        case .partial: nodes[place].isWhole = false
        }
        nodes[place].kind = .folder
        if let next = batch.next?.path.components.last { unlisted.append((place, path, next)) }
        for entry in batch.entries {
            guard let name = entry.name.path.components.first else { continue }
            let below = path.appending(name)
            guard places[below] == nil else { continue }
            let child = add(name, entry.kind, at: below, in: place)
            nodes[child].size = entry.sizeBytes
            nodes[child].contentType = entry.contentType
            if entry.kind == .file { nodes[child].modified = entry.modified }
            if entry.kind == .folder { unlisted.append((child, below, nil)) }
        }
    }

    mutating func take(_ batch: CachedBatch, of tier: CachedBatch.Tier) {
        for file in batch.files {
            let stamp = Stamp(size: file.sizeBytes, modified: file.modified)
            var known = versions[file.path.path] ?? []
            if let index = known.firstIndex(where: {
                $0.tier == tier && $0.number == file.version
            }) {
                known[index].bytes += file.cachedBytes
                known[index].twice += file.inMemoryToo
            } else {
                known.append(
                    Version(
                        tier: tier, number: file.version, stamp: stamp, bytes: file.cachedBytes,
                        twice: file.inMemoryToo))
            }
            versions[file.path.path] = known
        }
    }

    // MARK: - Putting it together

    /// Once all is taken in. What is cached of versions that are not the file's any more, and of names that are not there any more,
    /// does not count.
    mutating func settle() {
        for (path, versions) in versions.sorted(by: {
            $0.key.bytes.lexicographicallyPrecedes($1.key.bytes)
        }) {
            guard let place = place(of: path) else { continue }
            guard nodes[place].kind == .file || nodes[place].kind == .unknown else { continue }
            let known = nodes[place].modified.map { Stamp(size: nodes[place].size, modified: $0) }
            guard let stamp = known ?? Self.latest(versions)?.stamp else { continue }
            nodes[place].kind = .file
            nodes[place].size = stamp.size
            nodes[place].modified = stamp.modified
            for tier in CachedBatch.Tier.allCases {
                // One that was begun anew may be told of twice for a moment.
                let meant = versions.filter { $0.tier == tier && $0.stamp.isMeant(by: stamp) }
                guard let version = meant.max(by: { $0.number < $1.number }) else { continue }
                switch tier {
                case .memory: nodes[place].figures.memory = version.bytes
                case .disk: nodes[place].figures.disk = version.bytes
                case .storage: nodes[place].figures.storage = version.bytes
                }
                nodes[place].figures.twice += version.twice
            }
        }
        versions = [:]
        for place in nodes.indices.reversed() {
            if nodes[place].kind == .file {
                nodes[place].files = 1
                nodes[place].cachedFiles = nodes[place].figures.cached > 0 ? 1 : 0
            }
            guard let parent = nodes[place].parent else { continue }
            if nodes[place].kind == .file || nodes[place].kind == .folder {
                nodes[parent].size += nodes[place].size
            }
            nodes[parent].figures += nodes[place].figures
            nodes[parent].files += nodes[place].files
            nodes[parent].cachedFiles += nodes[place].cachedFiles
            let isKnown = nodes[place].isWhole && nodes[place].kind != .unknown
            if !isKnown { nodes[parent].isWhole = false }
        }
    }

    /// What memory has is what was read last; else what was begun last on disk.
    private static func latest(_ versions: [Version]) -> Version? {
        let inMemory = versions.filter { $0.tier == .memory }
        return (inMemory.isEmpty ? versions : inMemory).max { $0.number < $1.number }
    }

    /// Where a file of which something is cached stands; nil where the folder's listing says that it is gone.
    private mutating func place(of path: RelativePath) -> Int? {
        if let place = places[path] { return place }
        guard path.components.count > top.components.count, let name = path.components.last,
            let parent = place(of: path.parent), !nodes[parent].isListed,
            nodes[parent].kind == .folder || nodes[parent].kind == .unknown
        else { return nil }
        nodes[parent].kind = .folder
        nodes[parent].isWhole = false
        return add(name, .unknown, at: path, in: parent)
    }

    private mutating func add(
        _ name: Name, _ kind: KnownBatch.Entry.Kind, at path: RelativePath, in parent: Int
    ) -> Int {
        nodes.append(Node(name: name, parent: parent, kind: kind))
        places[path] = nodes.count - 1
        return nodes.count - 1
    }

    /// Nothing is known of what was asked for.
    var isEmpty: Bool { nodes.count == 1 && nodes[0].kind == .unknown }

    /// Places of what is to be shown, each with its names below the top: what is in it, or all that is below it, folder by folder.
    func shown(isRecursive: Bool) -> [(place: Int, path: [Name])] {
        guard nodes[0].kind == .folder else { return [(0, [])] }
        var children: [Int: [Int]] = [:]
        for place in nodes.indices.dropFirst() {
            if let parent = nodes[place].parent { children[parent, default: []].append(place) }
        }
        let inOrder = { (place: Int) in
            (children[place] ?? []).sorted {
                nodes[$1].name.bytes.lexicographicallyPrecedes(nodes[$0].name.bytes)
            }
        }
        var found: [(place: Int, path: [Name])] = []
        var stack = inOrder(0).map { ($0, [nodes[$0].name]) }
        while let (place, path) = stack.popLast() {
            found.append((place, path))
            guard isRecursive else { continue }
            stack += inOrder(place).map { ($0, path + [nodes[$0].name]) }
        }
        return found
    }
}
