import Fuse
import Model
import Platform
import Share
import Synchronization
import Tiers

/// What is asked of the node table: each is one look under the lock, from memory. A number that is not in use any more is answered as a
/// node of which nothing is known: nil, or no change.
extension KnownNodes {
    // MARK: - Where things lie

    /// nil for what no name leads to.
    func location(of id: NodeID) -> ShareLocation? { table.withLock { $0.location(of: id) } }

    func location(of parent: NodeID, _ name: Name) -> ShareLocation? {
        table.withLock { $0.location(of: parent, name) }
    }

    /// The name by which a node was come by last; one that has none any more has its last one.
    func place(of id: NodeID) -> Node.Place? { table.withLock { $0[id]?.place } }

    func node(at place: Node.Place) -> NodeID? {
        table.withLock { $0[directory: place.parent]?.children[place.name] }
    }

    func node(at path: RelativePath) -> NodeID? { table.withLock { $0.node(at: path) } }

    func isFolder(_ place: Node.Place) -> Bool { table.withLock { $0.isFolder(place) } }

    func isFolder(_ path: RelativePath) -> Bool {
        table.withLock { table in
            if case .folder = table.whereabouts(of: path) { true } else { false }
        }
    }

    /// A name as its folder lists it, where the share is known to find it in another case as well.
    func listed(_ place: Node.Place) -> Node.Place { table.withLock { $0.listed(place) } }

    /// With all other spellings that may mean the same.
    func spelledAlike(_ places: [Node.Place]) -> [Node.Place] {
        table.withLock { table in places.flatMap { table.spelledAlike($0) } }
    }

    func known(_ id: NodeID) -> (path: RelativePath?, attributes: FileAttributes)? {
        table.withLock { table in table[id].map { (table.path(of: id), $0.attributes) } }
    }

    func known(at path: RelativePath) -> FileAttributes? {
        table.withLock { table in table.node(at: path).flatMap { table[$0]?.attributes } }
    }

    /// Where a node lies and which file it is; nil for what has no name.
    func named(_ id: NodeID) -> (location: ShareLocation, inode: UInt64)? {
        table.withLock { table in
            guard let location = table.location(of: id), let node = table[id] else { return nil }
            return (location, node.attributes.inode)
        }
    }

    /// For who opens a file by one of its names: with the others that it is believed to have.
    func locationToOpen(_ id: NodeID) -> (location: ShareLocation?, names: [NodeTable.KnownName]) {
        let now = now
        return table.withLock { ($0.location(of: id), $0.severalNames(of: id, at: now)) }
    }

    /// All names that are known of a file.
    struct Names {
        var paths: [RelativePath]
        var size: Int64
        /// There may be more.
        var mayHaveOthers: Bool
    }

    func names(of id: NodeID) -> Names {
        table.withLock { table in
            Names(
                paths: table.places(of: id).compactMap { table.path(of: $0.parent, $0.name) },
                size: table[id]?.attributes.size ?? 0, mayHaveOthers: table.hasUnknownNames(id))
        }
    }

    func linkTarget(of id: NodeID) -> (target: [UInt8]?, location: ShareLocation?) {
        table.withLock { ($0[id]?.linkTarget, $0.location(of: id)) }
    }

    /// On which of the share's file systems a node lies, and where it may be asked of that.
    func fileSystem(of id: NodeID) -> (UInt64, ShareLocation) {
        table.withLock { table in
            guard id != .root, let number = table[id]?.attributes.device, number != 0,
                let location = table.location(of: id)
            else { return (0, ShareLocation(RelativePath())) }
            return (number, location)
        }
    }

    // MARK: - References of the kernel's

    func forget(_ id: NodeID, count: UInt64) {
        change { table, _, effects in table.forget(id, count: count, &effects) }
    }

    /// What the kernel is told of a node; noted, for it is not expected to ask again before that is over.
    static func entry(_ table: inout NodeTable, _ id: NodeID, at now: Duration) -> FuseEntry {
        guard let node = table[id] else { return .negative(timeout: 0) }
        let timeout = table.rules.kernelTimeout(of: node.validity, at: now)
        table.noteBelief(in: id, until: now + .seconds(timeout))
        return FuseEntry(
            nodeID: id.raw, attributes: node.attributes,
            attributeTimeout: table.mustRevalidate(node) ? 0 : timeout,
            entryTimeout: timeout)
    }

    /// The entry of a node by a name that need not be the one that it has.
    static func entry(
        _ table: inout NodeTable, _ id: NodeID, as place: Node.Place, at now: Duration
    ) -> FuseEntry {
        var entry = entry(&table, id, at: now)
        if table[directory: place.parent]?.children[place.name] != id { entry.entryTimeout = 0 }
        return entry
    }

    /// What the kernel is told of a node that was made; its lookup count goes up by one.
    ///
    /// - Parameter isOpen: it counts as open, too.
    /// - Returns: nil where it was forgotten again in this moment.
    func entry(made id: NodeID, as place: Node.Place, isOpen: Bool = false) -> FuseEntry? {
        let now = now
        return table.withLock { table in
            guard table.isKnown(id) else { return nil }
            table.retain(id)
            if isOpen { _ = table.opened(id) }
            return Self.entry(&table, id, as: place, at: now)
        }
    }

    // MARK: - Rights

    /// What is known of a node that decides who may do what.
    func rights(of id: NodeID) -> (attributes: FileAttributes, list: AccessList?)? {
        table.withLock { table in
            guard table.isKnown(id), let attributes = table[id]?.attributes else { return nil }
            return (attributes, table.accessList(of: id))
        }
    }

    /// nil for what everybody may read, and for what no name leads to.
    func locationUnlessEverybodys(_ id: NodeID) -> ShareLocation? {
        table.withLock { $0.isEverybodysToRead(id) ? nil : $0.location(of: id) }
    }

    // MARK: - Extended attributes

    /// - Parameter proves: the caller asks the share whether what is known still holds, where that is to be proven.
    func attribute(
        _ question: AttributeKnowledge.Question, of id: NodeID, proves: Bool = false
    ) -> (location: ShareLocation?, known: NodeTable.KnownAttribute?) {
        let (now, wall) = (clock.monotonic, clock.wall)
        return table.withLock { table in
            let known = table.attribute(question, of: id, at: now, asOf: wall)
            if proves, known?.isToBeProven == true { table.setProven(question, of: id, true) }
            return (table.location(of: id), known)
        }
    }

    /// The share could not say whether it still holds.
    func isUnproven(_ question: AttributeKnowledge.Question, of id: NodeID) {
        table.withLock { $0.setProven(question, of: id, false) }
    }

    /// Which state of a node an extended attribute is asked of; and whether the index was not read yet that may have it.
    func attributeState(of id: NodeID) -> (changed: Timestamp?, isUnread: Bool) {
        table.withLock {
            ($0[id]?.attributes.changed, id == .root && $0[directory: id]?.knowledge == .unread)
        }
    }

    /// The next files whose ACLs are not known, where somebody asks for one after the other; see
    /// ``NodeTable/isAskedForLists(around:)``.
    func nextWithoutAccessList(
        behind id: NodeID, for user: UInt32, _ nature: AttributeNature, atMost limit: Int
    ) -> [(NodeID, ShareLocation)] {
        table.withLock { table in
            guard table.isAskedForLists(around: id) else { return [] }
            return table.withoutAccessList(behind: id, for: user, nature, atMost: limit)
        }
    }

    // MARK: - Figures

    var size: (nodes: Int, folders: Int) {
        table.withLock { ($0.known, $0.directoryCount) }
    }

    /// Forgets how fresh all is that lies below a path, for who evicts it.
    ///
    /// - Parameter effects: what is to be done when the caller has counted what there was; see ``apply(_:)``.
    func expire(
        below path: RelativePath, _ effects: inout NodeTable.Effects
    ) -> (files: [CachedFile], listings: Set<RelativePath>) {
        table.withLock { table in
            guard let id = table.node(at: path) else { return ([], []) }
            let known = (table.files(below: id), table.listings(below: id, at: path))
            table.expire(below: id, &effects)
            return known
        }
    }
}
