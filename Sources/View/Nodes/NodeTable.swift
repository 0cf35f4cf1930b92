import Model
import Platform
import Share
import Tiers

/// The tree as far as it is known: nodes by number, folders with their names, and how fresh each is.
///
/// A pure value, told the time, guarded by one lock in ``KnownNodes``; its methods decide and return what is to
/// be done outside of the lock (``Effects``). Bounded by ``knownMax``: beyond that, the inside of folders that were not
/// used for longest is forgotten (the index still has it), and the kernel is asked to give up what it holds of them.
struct NodeTable: Sendable {
    var rules: FreshnessRules
    /// Several users share the view: what lies on the share is held against what the kernel was told.
    let isShared: Bool
    /// The share's inode numbers tell files apart for as long as they exist.
    let inodesLast: Bool
    let knownMax: Int
    var nodes: NodeSlots
    var known: Int { nodes.count }
    var directories: [NodeID: DirectoryState] = [:]
    /// What is no folder, by its number on the share.
    var inodes = InodeIndex()
    /// Further places of hard links.
    var otherPlaces: [NodeID: [OtherPlace]] = [:]
    /// Of which other names may not know yet.
    var changedLinks = ChangedLinks()
    private(set) var use: UInt64 = 0
    /// Nodes given back since it was said last.
    var dropped = 0
    static let droppedMany = 10_000
    /// From so many nodes on something is forgotten.
    var trimmedAt: Int
    /// How many handles of the kernel are open on folders that have some.
    var openFolders: [NodeID: Int] = [:]
    /// Who was told lately of names that were not believed any more; more than so many at a time make some ask the share.
    var told = RecentTable<NodeID, Told>(capacity: 1024)
    /// What the share is being asked.
    var questions = OpenQuestions()
    /// Names that are being renamed through the view, and by how many.
    var renaming: [Node.Place: Int] = [:]
    /// Bytes of files that are being changed through the view.
    var changing: [NodeID: [Range<Int64>]] = [:]
    /// Through which nodes are read whose attributes are stale, and those without a name.
    var liveSources: [NodeID: ShareFile] = [:]
    /// Of those: files that may have lost their names, and are open.
    var inDoubt: Set<NodeID> = []
    /// What is known of extended attributes beyond the nodes' own marks.
    var extendedAttributes = AttributeAnswers()
    /// When nodes whose attributes are stale were changed last.
    var changedAt: [NodeID: Duration] = [:]
    /// The sizes that the kernel knows of nodes with stale attributes whose files got others by way of other nodes.
    var toldSizes: [NodeID: Int64] = [:]
    /// What the share has shown of names in another case, in any folder; and what it had shown an earlier mount, which counts
    /// until it shows anything.
    var caseFindings: CaseFindings = []
    var formerCaseFindings: CaseFindings = []
    /// Those that are open in the view.
    var openNodes: Set<NodeID> = []
    /// When somebody last wanted something to be asked for anew.
    var doubtedAt: Duration?

    init(
        rules: FreshnessRules, root: FileAttributes, isShared: Bool = false,
        inodesLast: Bool = false, knownMax: Int = 1_000_000, at now: Duration
    ) {
        self.rules = rules
        self.isShared = isShared
        self.inodesLast = inodesLast
        self.knownMax = knownMax
        trimmedAt = knownMax
        let place = Node.Place(parent: .root, name: Name(""))
        let node = Node(
            place: place, attributes: root, validity: rules.initial(at: now), lookups: 1)
        nodes = NodeSlots(root: node)
        directories[.root] = DirectoryState()
    }

    // MARK: - Access

    /// nil for a number that is not in use (any more); to set it changes nothing.
    subscript(id: NodeID) -> Node? {
        get { nodes[id] }
        _modify { yield &nodes[id] }
    }

    func isKnown(_ id: NodeID) -> Bool { nodes.contains(id) }

    subscript(directory id: NodeID) -> DirectoryState? {
        get { directories[id] }
        _modify { yield &directories[id] }
    }

    var directoryCount: Int { directories.count }

    /// Whether it is known that the share may have other attributes than these: nobody is given them to keep.
    func mustRevalidate(_ node: Node) -> Bool {
        node.attributesAreStale || isOvertaken(node)
            || node.validity.since <= .zero - FreshnessRules.ttlMax
    }

    /// How far what is known of a node may be believed.
    func state(of node: Node, at now: Duration) -> Validity.State {
        mustRevalidate(node)
            ? .expired : rules.attributesState(of: node.validity, at: now)
    }

    /// Path below the share; nil for a node that no name leads to.
    func path(of id: NodeID) -> RelativePath? {
        var names: [Name] = []
        var at = id
        while at != .root {
            guard let node = self[at], !node.isDetached, names.count < 4096 else { return nil }
            names.append(node.place.name)
            at = node.place.parent
        }
        return RelativePath(names.reversed())
    }

    /// Where a node lies on the share, with what the kernel was told of it and of the folders above where that counts.
    func location(of id: NodeID) -> ShareLocation? {
        guard let path = path(of: id) else { return nil }
        guard isShared else { return ShareLocation(path) }
        let node = self[id].map { FileIdentity($0.attributes) }
        guard id != .root, let parent = self[id]?.place.parent else {
            return ShareLocation(path, node: node)
        }
        return ShareLocation(path, folders: folders(downTo: parent), node: node)
    }

    /// As ``location(of:)``, of a name that may not be there.
    func location(of parent: NodeID, _ name: Name) -> ShareLocation? {
        guard let path = path(of: parent, name) else { return nil }
        guard isShared else { return ShareLocation(path) }
        let child = directories[parent]?.children[name].flatMap { self[$0] }
        return ShareLocation(
            path, folders: folders(downTo: parent), node: child.map { FileIdentity($0.attributes) })
    }

    /// Without the root, which the share is entered by.
    private func folders(downTo id: NodeID) -> [FileIdentity] {
        var found: [FileIdentity] = []
        var at = id
        while at != .root, let node = self[at] {
            found.append(FileIdentity(node.attributes))
            at = node.place.parent
        }
        return found.reversed()
    }

    func isFolder(_ place: Node.Place) -> Bool {
        directories[place.parent]?.children[place.name].map { directories[$0] != nil } ?? false
    }

    func path(of parent: NodeID, _ name: Name) -> RelativePath? {
        path(of: parent)?.appending(name)
    }

    /// The node at a path, as far as it is known.
    func node(at path: RelativePath) -> NodeID? {
        var at = NodeID.root
        for name in path.components {
            guard let next = directories[at]?.children[name] else { return nil }
            at = next
        }
        return at
    }

    mutating func touch(_ directory: NodeID) {
        use += 1
        directories[directory]?.lastUse = use
        directories[directory]?.isCatalogued = false
    }
}
