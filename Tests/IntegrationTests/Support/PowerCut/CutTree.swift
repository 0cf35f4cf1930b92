import Glibc
import Model
import TestSupport

/// Files and folders as programs see them, and as they would be found after the power had failed: a value.
///
/// The rules are those of POSIX, which no file system keeps less than: what a file holds is safe once it was flushed
/// (`fsync`), what a folder lists once the folder was, and what was not flushed may have been written or not, each page and
/// each name for itself and in any order. A rename is done or not done.
struct CutTree: Sendable {
    static let root: UInt64 = 1

    enum Node: Sendable {
        case file(now: SparseContent, safe: SparseContent)
        case folder(now: [Name: UInt64], safe: [Name: UInt64])
    }

    /// How much of what was not flushed a cut leaves.
    enum Cut: CaseIterable {
        /// Nothing.
        case flushedOnly
        /// All that was done to names before some moment, as a journal does it; of files any part.
        case journal
        /// Any part.
        case anything
        /// All: as a kill.
        case everything
    }

    /// A change of names that is done as a whole.
    private struct Change: Sendable {
        var bindings: [(folder: UInt64, name: Name, node: UInt64?)]
    }

    private(set) var nodes: [UInt64: Node] = [
        root: .folder(now: [:], safe: [:])
    ]
    /// Not flushed, oldest first.
    private var changes: [Change] = []
    private var lastNode = root

    // MARK: Looking

    func folder(_ id: UInt64) throws(Errno) -> [Name: UInt64] {
        switch nodes[id] {
        case .folder(let now, _): return now
        case .file: throw .notDirectory
        case nil: throw .stale
        }
    }

    func file(_ id: UInt64) throws(Errno) -> SparseContent {
        switch nodes[id] {
        case .file(let now, _): return now
        case .folder: throw .isDirectory
        case nil: throw .stale
        }
    }

    func node(_ name: Name, in id: UInt64) throws(Errno) -> UInt64 {
        guard let found = try folder(id)[name] else { throw .noSuchFile }
        return found
    }

    func attributes(_ id: UInt64) throws(Errno) -> FileAttributes {
        switch nodes[id] {
        case .file(let now, _):
            FileAttributes(
                inode: id, mode: FileKind.regular.rawValue | 0o600, size: Int64(now.size),
                blocks: Int64(now.pages.count * SparseContent.page / 512))
        case .folder:
            FileAttributes(
                inode: id, mode: FileKind.directory.rawValue | 0o700, linkCount: 2, blocks: 8)
        case nil: throw .stale
        }
    }

    /// Bytes of all files.
    var allocated: Int {
        nodes.values.reduce(0) { sum, node in
            if case .file(let now, _) = node {
                sum + now.pages.count * SparseContent.page
            } else {
                sum
            }
        }
    }

    // MARK: Changing

    mutating func make(_ name: Name, in parent: UInt64, isFolder: Bool) throws(Errno) -> UInt64 {
        if try folder(parent)[name] != nil { throw .exists }
        lastNode += 1
        nodes[lastNode] =
            isFolder
            ? .folder(now: [:], safe: [:])
            : .file(now: SparseContent(), safe: SparseContent())
        bind([(parent, name, lastNode)])
        return lastNode
    }

    mutating func remove(_ name: Name, from parent: UInt64, isFolder: Bool) throws(Errno) {
        let id = try node(name, in: parent)
        if case .folder(let now, _) = nodes[id] {
            guard isFolder else { throw .isDirectory }
            guard now.isEmpty else { throw Errno(rawValue: ENOTEMPTY) }
        } else if isFolder {
            throw .notDirectory
        }
        bind([(parent, name, nil)])
    }

    mutating func rename(
        _ name: Name, in parent: UInt64, to newName: Name, in newParent: UInt64
    ) throws(Errno) {
        let id = try node(name, in: parent)
        bind([(newParent, newName, id), (parent, name, nil)])
    }

    mutating func change<Result>(
        _ id: UInt64, _ body: (inout SparseContent) -> Result
    ) throws(Errno) -> Result {
        guard case .file(var now, let safe) = nodes[id] else { throw .isDirectory }
        // The table's own reference would make each change a copy.
        nodes[id] = nil
        let result = body(&now)
        nodes[id] = .file(now: now, safe: safe)
        return result
    }

    private mutating func bind(_ bindings: [(folder: UInt64, name: Name, node: UInt64?)]) {
        for binding in bindings { apply(binding, toSafe: false) }
        changes.append(Change(bindings: bindings))
    }

    private mutating func apply(
        _ binding: (folder: UInt64, name: Name, node: UInt64?), toSafe isSafe: Bool
    ) {
        guard case .folder(var now, var safe) = nodes[binding.folder] else { return }
        if isSafe { safe[binding.name] = binding.node } else { now[binding.name] = binding.node }
        nodes[binding.folder] = .folder(now: now, safe: safe)
    }

    // MARK: Flushing

    mutating func flush(_ id: UInt64) {
        switch nodes[id] {
        case .file(let now, _):
            nodes[id] = .file(now: now, safe: now)
        case .folder:
            let isOurs = { (change: Change) in change.bindings.contains { $0.folder == id } }
            for change in changes where isOurs(change) { makeSafe(change) }
            changes.removeAll(where: isOurs)
        case nil: break
        }
    }

    private mutating func makeSafe(_ change: Change) {
        for binding in change.bindings { apply(binding, toSafe: true) }
    }

    /// The kernel writes something out by itself.
    mutating func flushSomething(_ chance: inout SplitMix) {
        guard let id = nodes.keys.randomElement(using: &chance) else { return }
        flush(id)
    }

    // MARK: The power fails

    /// Leaves what is found afterwards, under new numbers.
    mutating func cut(_ kind: Cut, _ chance: inout SplitMix) {
        let moment = Int.random(in: 0...changes.count, using: &chance)
        for (index, change) in changes.enumerated() {
            let isKept =
                switch kind {
                case .flushedOnly: false
                case .journal: index < moment
                case .anything: chance.chance(50)
                case .everything: true
                }
            if isKept { makeSafe(change) }
        }
        var left = CutTree()
        left.lastNode = lastNode
        copy(Self.root, to: Self.root, of: &left, kind, &chance)
        self = left
    }

    private func copy(
        _ id: UInt64, to newID: UInt64, of left: inout CutTree, _ kind: Cut,
        _ chance: inout SplitMix
    ) {
        switch nodes[id] {
        case .file(let now, let safe):
            let percent =
                switch kind {
                case .flushedOnly: 0
                case .journal, .anything: [0, 10, 50, 90, 100].randomElement(using: &chance) ?? 50
                case .everything: 100
                }
            let found =
                kind == .everything ? now : now.cut(since: safe, keeping: percent, &chance)
            left.nodes[newID] = .file(now: found, safe: found)
        case .folder(_, let safe):
            var found: [Name: UInt64] = [:]
            for (name, child) in safe.sorted(by: { $0.value < $1.value }) {
                left.lastNode += 1
                found[name] = left.lastNode
                copy(child, to: left.lastNode, of: &left, kind, &chance)
            }
            left.nodes[newID] = .folder(now: found, safe: found)
        case nil: break
        }
    }
}
