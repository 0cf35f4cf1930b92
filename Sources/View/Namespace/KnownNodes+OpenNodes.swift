import Fuse
import Model
import Platform
import Share
import Synchronization
import Tiers

/// What is open of nodes, and which version of a file is read.
extension KnownNodes {
    // MARK: - Opening and closing

    /// Whether no name leads to it.
    func isNameless(_ id: NodeID) -> Bool { table.withLock { $0[id]?.isDetached ?? true } }

    /// Whether the share can be asked for it, by a name or by what is open.
    func canBeAsked(_ id: NodeID) -> Bool { table.withLock { $0.canBeAsked(id) } }

    /// It counts as open from here on, so that it is kept where it loses its name.
    func held(_ id: NodeID) { table.withLock { $0.held(id) } }

    /// Its name may be gone by now, which what is open outlasts.
    func readOn(_ id: NodeID, through source: ShareFile) {
        table.withLock { $0.readOn(id, through: source) }
    }

    /// - Returns: whether the pages that the kernel has of the file are those of the version that is open. Where that was seen to
    ///   change, or may have changed without its time moving, they go with this very open.
    func opened(_ id: NodeID) -> Bool {
        table.withLock { table in
            let isSettled =
                table[id]?.attributesAreStale == true
                || table[id]?.file?.identity.isPersistent != false
            return table.opened(id) && isSettled
        }
    }

    /// The kernel has not taken the answer to an open: no pages were dropped with it.
    func distrustPages(of id: NodeID) { table.withLock { $0.distrustPages(of: id) } }

    /// - Returns: what is known of the file's contents, where nobody has it open any more.
    func released(_ id: NodeID) -> CachedFile? {
        change { table, _, effects in
            table.released(id, &effects)
            return table[id].flatMap { $0.opens == 0 ? $0.file : nil }
        }
    }

    /// Through which files are read that somebody has open.
    var sourcesInUse: Set<ObjectIdentifier> {
        Set(table.withLock { $0.sourcesInUse }.map { ObjectIdentifier($0) })
    }

    /// Through which a file without a version is read, if any is.
    func liveSource(of id: NodeID) -> ShareFile? { table.withLock { $0.liveSources[id] } }

    /// Through which a file is read, whatever its version.
    func source(of id: NodeID) -> ShareFile? {
        table.withLock { $0.liveSources[id] ?? $0[id]?.file?.source }
    }

    // MARK: - Before a name goes

    /// A file that has a name.
    struct NamedFile {
        var id: NodeID
        var size: Int64
        /// How many handles of the kernel's are open.
        var opens: UInt32
        /// It is known to the kernel, so that somebody may be about to open it.
        var isFound: Bool
        var version: CachedFile?
        /// Through which it is read.
        var sources: [ShareFile]
        var path: RelativePath
    }

    /// nil where there is no regular file of that name.
    func file(at place: Node.Place) -> NamedFile? {
        table.withLock { table in
            guard let id = table[directory: place.parent]?.children[place.name],
                let node = table[id], node.attributes.isRegular, let path = table.path(of: id)
            else { return nil }
            return NamedFile(
                id: id, size: node.attributes.size, opens: node.opens, isFound: node.lookups > 0,
                version: node.file,
                sources: [node.file?.source, table.liveSources[id]].compactMap { $0 }, path: path)
        }
    }

    func path(at place: Node.Place) -> RelativePath? {
        table.withLock { $0.path(of: place.parent, place.name) }
    }

    /// Nodes below a path of which handles are open, and how many.
    func openNodes(below path: RelativePath) -> [(id: NodeID, opens: UInt32)] {
        table.withLock { table in
            table.openNodes.compactMap { id in
                guard table.path(of: id)?.components.starts(with: path.components) == true else {
                    return nil
                }
                return table[id].map { (id, $0.opens) }
            }
        }
    }

    // MARK: - Changes under way

    /// Names are about to change places. - Returns: which of them are folders'.
    func willRename(_ place: Node.Place, _ newPlace: Node.Place) -> (old: Bool, new: Bool) {
        table.withLock { table in
            table.willRename([place, newPlace])
            return (table.isFolder(place), table.isFolder(newPlace))
        }
    }

    func didRename(_ places: [Node.Place]) { table.withLock { $0.didRename(places) } }

    /// A change of bytes that was begun is over, for those who read by other names.
    func didChange(_ id: NodeID, _ bytes: Range<Int64>) {
        table.withLock { $0.didChange(id, bytes) }
    }

    /// The share is about to be asked for a node's attributes, by way of something else: see ``OpenQuestions``.
    func ask(of id: NodeID) -> OpenQuestions.Number {
        table.withLock { $0.questions.ask(.node(id)) }
    }

    /// It has said nothing of them.
    func giveUp(_ question: OpenQuestions.Number) {
        table.withLock { _ = $0.questions.close(question) }
    }

    func attributesAreStale(of id: NodeID) -> Bool {
        table.withLock { table in
            table.isKnown(id) && table[id]?.attributesAreStale == true
                && table[id]?.isDetached == false
        }
    }

    // MARK: - Versions

    /// The version of a node that was read last.
    func version(of id: NodeID) -> CachedFile? { table.withLock { $0[id]?.file } }

    /// What decides which version of a file is read.
    struct Reading {
        var node: Node
        /// nil where no name leads to it.
        var path: RelativePath?
        /// It may have lost its name on the share.
        var isInDoubt: Bool
    }

    func reading(of id: NodeID) -> Reading? {
        table.withLock { table in
            guard table.isKnown(id), let node = table[id] else { return nil }
            return Reading(
                node: node, path: table.path(of: id), isInDoubt: table.inDoubt.contains(id))
        }
    }

    /// Enters the version that a file is read as. Of two first reads that race, the one that comes second takes the other's.
    ///
    /// - Parameters:
    ///   - file: the version before it.
    ///   - attributes: those that the version was made from.
    /// - Returns: nil where it was written to since: what the share holds is not this version any more.
    func choose(
        _ fresh: CachedFile, instead file: CachedFile?, of id: NodeID,
        asOf attributes: FileAttributes
    ) -> CachedFile? {
        change { table, _, effects in
            guard table.isKnown(id), let node = table[id] else { return nil }
            if let current = node.file, current !== file { return current }
            if node.attributesAreStale { return nil }
            guard node.attributes == attributes else { return fresh }
            if file != nil { table.beginVersion(id) }
            table[id]?.file = fresh
            // What was in memory of it leaves as it is not used; until then it may be all that is left.
            if file != nil { effects.notices.append(.inode(id)) }
            return fresh
        }
    }

    /// As what a file is read that has no version; see ``NodeTable/liveFile(_:_:)``. nil for what is no file.
    ///
    /// - Parameter make: of path, size, which file it must be, and what is open of it.
    func liveFile(
        _ id: NodeID,
        _ make: (RelativePath?, Int64, FileIdentity?, ShareFile?) -> CachedFile?
    ) -> CachedFile? {
        table.withLock { table in
            guard table[id]?.attributes.isRegular == true else { return nil }
            // Also of one whose name is another's by now: on some shares its descriptor leads there.
            let identity = table.isShared ? table[id].map { FileIdentity($0.attributes) } : nil
            return table.liveFile(id) { path, size, source in make(path, size, identity, source) }
        }
    }

    /// Begins a version of its own where `old` is still what is read.
    ///
    /// - Returns: false where another is.
    func beginVersion(of id: NodeID, instead old: CachedFile) -> Bool {
        change { table, now, effects in
            guard table.isKnown(id), table[id]?.file === old else { return false }
            table.beginVersion(id)
            table[id]?.seenAt = CoarseTime(now)
            // The kernel may have pages of either.
            effects.notices.append(.inode(id))
            return true
        }
    }

    /// Has a node that lost its name, and is read as nothing, be read as `file`. - Returns: false where it is not so.
    func keepVersion(_ file: CachedFile, ofNameless id: NodeID) -> Bool {
        table.withLock { table in
            guard let node = table[id], node.isDetached, node.file == nil else { return false }
            table[id]?.file = file
            return true
        }
    }

    /// Has `former` be read again instead of `fresh`.
    ///
    /// - Returns: whether it is what is read now, and whether this call made it so. Where the file was seen to have changed since, it is
    ///   not.
    func goBack(
        to former: CachedFile, from fresh: CachedFile, of id: NodeID
    ) -> (isCurrent: Bool, isFirst: Bool) {
        table.withLock { table in
            guard let node = table[id], node.file === fresh else {
                return (table[id]?.file === former, false)
            }
            table.beginVersion(id)
            table[id]?.file = former
            return (true, true)
        }
    }
}
