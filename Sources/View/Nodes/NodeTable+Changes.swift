import Model
import Share
import Tiers

/// What was changed through the view, entered when the share has done it.
///
/// The kernel knows its own changes: none of these sends it a notice, and its pages of a file that only the view
/// has written stay valid.
extension NodeTable {
    /// A change that is found so long after it was made may also be somebody else's.
    private static let ownChangeWindow = Duration.seconds(2)

    /// Whether newer attributes show nothing but what was done through the view.
    ///
    /// Told by the size, which is known, and by how soon they were asked for. In `strict` nothing is taken for
    /// granted. What others do to the same file in the same two seconds is found at its next revalidation.
    func isOwnChange(
        of node: Node, _ id: NodeID, _ attributes: FileAttributes, at now: Duration
    ) -> Bool {
        guard node.attributesAreStale, rules.consistency == .eventual, let changed = changedAt[id]
        else {
            return false
        }
        return now - changed <= Self.ownChangeWindow
            && (attributes.isDirectory || attributes.size == node.attributes.size)
    }

    // MARK: - Names

    /// A name was made: a new file, folder, link or device.
    mutating func made(
        _ place: Node.Place, _ attributes: FileAttributes, linkTarget: [UInt8]? = nil,
        at now: Duration, _ effects: inout Effects
    ) -> NodeID {
        makesSpelling(place, at: now, &effects)
        let isListed = directories[place.parent]?.lists(place.name) ?? false
        let id = enter(
            place, attributes, linkTarget: linkTarget, validity: nil, at: now, &effects)
        if attributes.isDirectory {
            // It is empty, and nobody can know better; the index may remember an earlier one of the name.
            directories[id]?.knowledge = .complete
            directories[id]?.validity = rules.initial(at: now)
            if let path = path(of: id) { effects.staleDirectories.append(path) }
        }
        added(place, id, isListed: isListed, &effects)
        namesChanged(in: place.parent, at: now, &effects)
        questions.overtake(place)
        return id
    }

    /// A known file got another name.
    mutating func linked(
        _ id: NodeID, _ place: Node.Place, _ attributes: FileAttributes, at now: Duration,
        _ effects: inout Effects
    ) {
        guard isKnown(id) else { return }
        makesSpelling(place, at: now, &effects)
        detach(place, isOwn: true, &effects)
        let isListed = directories[place.parent]?.lists(place.name) ?? false
        var linked = attributes
        linked.inode = self[id]?.attributes.inode ?? attributes.inode
        linked.linkCount = max(1, linked.linkCount)
        let before = self[id]?.attributes.changed
        self[id]?.attributes = linked
        if linked.changed != before { self[id]?.changedSeenAt = CoarseTime(now) }
        forgetAttributes(of: id)
        if self[id]?.isDetached == true {
            self[id]?.isDetached = false
            self[id]?.place = place
        } else {
            otherPlaces[id, default: []].append(OtherPlace(place: place, since: now))
        }
        added(place, id, isListed: isListed, &effects)
        namesChanged(in: place.parent, at: now, &effects)
        questions.overtake(place)
        // Contents and times of the file are as they were; only the count of names and the change time moved.
        markStale(id, at: now, &effects)
    }

    /// A name was taken away.
    mutating func unlinked(_ place: Node.Place, at now: Duration, _ effects: inout Effects) {
        changedSpelling(place, at: now, &effects)
        let id = directories[place.parent]?.children[place.name]
        detach(place, isOwn: true, &effects)
        rememberAbsent(place, at: now)
        namesChanged(in: place.parent, at: now, &effects)
        questions.overtake(place)
        if let id { lostName(id, at: now, &effects) }
    }

    private mutating func lostName(_ id: NodeID, at now: Duration, _ effects: inout Effects) {
        guard isKnown(id), let node = self[id] else { return }
        let count = node.attributes.linkCount
        // sshfs says 1 of everything, also of what has several names.
        let namesLeft: UInt32 = node.isDetached ? 0 : 1
        self[id]?.attributes.linkCount =
            node.attributes.isDirectory ? 0 : max(namesLeft, count - min(count, 1))
        markStale(id, at: now, &effects)
    }

    /// A name moved, perhaps over another; or two changed places.
    mutating func renamed(
        _ from: Node.Place, to target: Node.Place, isExchange: Bool, at now: Duration,
        _ effects: inout Effects
    ) {
        for place in [from, target] { changedSpelling(place, at: now, &effects) }
        let moved = directories[from.parent]?.children[from.name]
        let other = directories[target.parent]?.children[target.name]
        defer {
            namesChanged(in: from.parent, at: now, &effects)
            namesChanged(in: target.parent, at: now, &effects)
            // Paths below a folder change with it.
            for id in [moved, other] {
                if let id, directories[id] != nil { pathsChanged(below: id) }
            }
            questions.overtake(from)
            questions.overtake(target)
        }
        // Two names of one file: rename(2) leaves both.
        if let moved, moved == other { return }
        for id in [moved, isExchange ? other : nil] {
            if let id { pathChanges(id, at: now, &effects) }
        }
        if !isExchange, let other {
            detach(target, isOwn: true, &effects)
            lostName(other, at: now, &effects)
        }
        if let moved {
            take(moved, from: from, to: target, &effects)
            if directories[moved] != nil, let path = path(of: moved) {
                effects.staleDirectories.append(path)
            }
        } else {
            becomesUnknown(target)
        }
        if isExchange {
            if let other {
                take(other, from: target, to: from, isThere: true, &effects)
            } else {
                becomesUnknown(from)
            }
        } else {
            directories[from.parent]?.removed(from.name)
            rememberAbsent(from, at: now)
        }
    }

    /// A rename of, or onto, these names is under way: which of them lead where is not known until ``didRename(_:)``.
    mutating func willRename(_ places: [Node.Place]) {
        for place in places { renaming[place, default: 0] += 1 }
    }

    mutating func didRename(_ places: [Node.Place]) {
        for place in places {
            let left = renaming[place].map { $0 - 1 } ?? 0
            renaming[place] = left > 0 ? left : nil
        }
    }

    /// Whether the share may have moved a folder, or one above it, and the table does not know yet.
    func isBeingMoved(_ id: NodeID) -> Bool {
        guard !renaming.isEmpty else { return false }
        var at = id
        while at != .root, let node = self[at], !node.isDetached {
            if renaming[node.place] != nil { return true }
            at = node.place.parent
        }
        return false
    }

    /// What is asked of by a path through this folder may be answered of something else, or of nothing.
    mutating func pathsChanged(below folder: NodeID) {
        for question in questions.all {
            let id =
                switch question.subject {
                case .node(let id), .listing(let id): id
                case .name(let place): place.parent
                }
            if isInside(id, folder) { questions.pathChanged(question.number) }
        }
    }

    /// Whether a node is `folder`, or lies at any depth below it.
    private func isInside(_ id: NodeID, _ folder: NodeID) -> Bool {
        var at = id
        while at != folder {
            guard at != .root, let node = self[at], !node.isDetached else { return false }
            at = node.place.parent
        }
        return true
    }

    /// The share has something of this name that was never looked at.
    mutating func becomesUnknown(_ place: Node.Place) {
        directories[place.parent]?.forgetAbsent(place.name)
        if directories[place.parent]?.knowledge == .complete {
            directories[place.parent]?.knowledge = .partial
        }
    }

    /// - Parameter isThere: its old name is another's by now.
    private mutating func take(
        _ id: NodeID, from: Node.Place, to target: Node.Place, isThere: Bool = false,
        _ effects: inout Effects
    ) {
        if self[id]?.place == from {
            self[id]?.place = target
        } else if let index = otherPlaces[id]?.firstIndex(where: { $0.place == from }) {
            otherPlaces[id]?[index].place = target
        }
        if !isThere, directories[from.parent]?.children[from.name] == id {
            directories[from.parent]?.removed(from.name)
        }
        let isListed = directories[target.parent]?.lists(target.name) ?? false
        added(target, id, isListed: isListed, &effects)
    }

    private mutating func added(
        _ place: Node.Place, _ id: NodeID, isListed: Bool, _ effects: inout Effects
    ) {
        madeSpelling(place, &effects)
        guard let node = self[id] else { return }
        directories[place.parent]?.added(
            DirectoryState.Entry(name: place.name, node: id, node.attributes), isListed: isListed)
    }

    /// What is read, kept or stored under the old path is not found there any more.
    private mutating func pathChanges(
        _ id: NodeID, at now: Duration, _ effects: inout Effects
    ) {
        if directories[id] != nil, let path = path(of: id) { effects.staleDirectories.append(path) }
        var queue = [id]
        while let next = queue.popLast() {
            replaceFile(next, &effects)
            // Opened by its path, perhaps not yet.
            if let source = liveSources.removeValue(forKey: next) { effects.closed.append(source) }
            if let state = directories[next] {
                directories[next]?.isStoredListingGone = false
                queue.append(contentsOf: state.children.values)
            }
        }
        markStale(id, at: now, &effects)
    }

    /// The folder's own times and link count moved, and its stored listing lacks the change.
    private mutating func namesChanged(
        in parent: NodeID, at now: Duration, _ effects: inout Effects
    ) {
        unstore(parent, &effects)
        forgetFormersUnlessOpen(parent)
        markStale(parent, at: now, &effects)
    }

    // MARK: - Contents and attributes

    /// Something of the node is about to change, or has: its attributes must be asked for.
    ///
    /// - Parameter contents: its bytes too.
    mutating func markStale(
        _ id: NodeID, contents: Bool = false, at now: Duration, _ effects: inout Effects
    ) {
        guard isKnown(id), let node = self[id] else { return }
        changedAt[id] = now
        questions.overtake(id)
        questions.overtake(node.place)
        for other in otherPlaces[id] ?? [] { questions.overtake(other.place) }
        overtakeAliases(of: id, contents: contents, &effects)
        guard !node.attributesAreStale else { return }
        self[id]?.attributesAreStale = true
        guard id != .root else { return }
        if !node.isDetached { unstore(node.place.parent, &effects) }
        for other in otherPlaces[id] ?? [] { unstore(other.place.parent, &effects) }
    }

    /// Before a change of owner, group or mode reaches the share.
    mutating func willChangeRights(_ id: NodeID, at now: Duration, _ effects: inout Effects) {
        markStale(id, at: now, &effects)
        if isKnown(id) { self[id]?.changesRights = true }
    }

    mutating func unstore(_ folder: NodeID, _ effects: inout Effects) {
        guard directories[folder]?.isStoredListingGone == false, let path = path(of: folder) else {
            return
        }
        directories[folder]?.isStoredListingGone = true
        effects.unstored.append(path)
    }

    /// Before a change of contents reaches the share: nothing of the present version is served or kept from here on.
    mutating func willWrite(_ id: NodeID, at now: Duration, _ effects: inout Effects) {
        guard isKnown(id), let node = self[id] else { return }
        markStale(id, contents: true, at: now, &effects)
        noteChangedLink(id, at: now, &effects)
        if node.file != nil { replaceFile(id, &effects) }
    }

    /// Bytes up to `end` are on the share.
    mutating func wrote(_ id: NodeID, end: Int64, at now: Duration, _ effects: inout Effects) {
        guard isKnown(id), let node = self[id] else { return }
        // Whoever read meanwhile may have old bytes.
        willWrite(id, at: now, &effects)
        if end > node.attributes.size { setSize(of: id, end) }
    }

    /// Bytes behind `size` are gone, or zeros up to it have come.
    mutating func truncated(
        _ id: NodeID, to size: Int64, at now: Duration, _ effects: inout Effects
    ) {
        willWrite(id, at: now, &effects)
        setSize(of: id, size)
    }

    /// The version that is read goes; the kernel's own pages, which have the change, stay.
    mutating func replaceFile(_ id: NodeID, _ effects: inout Effects) {
        guard let node = self[id] else { return }
        if let file = node.file {
            effects.superseded.append((file, liveSources[id] === file.source))
        }
        beginVersion(id)
        if node.versionInKernel == node.version { self[id]?.versionInKernel = node.version &+ 1 }
    }

    /// What a node is read as whose attributes are stale, or that has no name.
    ///
    /// - Parameter make: a file of that path and size, read through the source that is open, if there is one; nil when
    ///   there is no way to read it.
    mutating func liveFile(
        _ id: NodeID, _ make: (RelativePath?, Int64, ShareFile?) -> CachedFile?
    ) -> CachedFile? {
        guard isKnown(id), let node = self[id] else { return nil }
        let size = node.attributes.size
        if let file = node.file, file.isLive, file.geometry.fileSize == size { return file }
        guard let file = make(path(of: id), size, liveSources[id]) else { return node.file }
        self[id]?.file = file
        liveSources[id] = file.source
        return file
    }

    /// What a node is read through cannot be opened: the next is opened by the name that it has now.
    mutating func reopen(
        _ id: NodeID, insteadOf source: ShareFile, _ effects: inout Effects
    ) {
        guard self[id]?.isDetached == false else { return }
        if liveSources[id] === source {
            liveSources[id] = nil
            effects.closed.append(source)
        }
        if let file = self[id]?.file, file.source === source {
            self[id]?.file = nil
            effects.dropped.append(file)
        }
    }

    /// The file is about to lose its name while it is open: it is read on through `source`.
    mutating func pinned(_ id: NodeID, _ source: ShareFile, _ effects: inout Effects) {
        guard isKnown(id) else {
            effects.closed.append(source)
            return
        }
        replaceFile(id, &effects)
        if let before = liveSources[id] { effects.closed.append(before) }
        liveSources[id] = source
    }

    /// The file has kept its name.
    mutating func unpinned(_ id: NodeID, _ source: ShareFile, _ effects: inout Effects) {
        guard liveSources[id] === source, self[id]?.isDetached == false else { return }
        inDoubt.remove(id)
        replaceFile(id, &effects)
        liveSources[id] = nil
        effects.closed.append(source)
    }

    /// Whether the file has kept its name is not known: it is read on through `source` while somebody has it open.
    mutating func leftPinned(_ id: NodeID, _ source: ShareFile, _ effects: inout Effects) {
        guard liveSources[id] === source, let node = self[id] else { return }
        guard node.opens > 0 else { return unpinned(id, source, &effects) }
        inDoubt.insert(id)
    }

    /// The share said, after a change of attributes, what they are.
    ///
    /// - Parameter question: asked before the change began.
    mutating func changed(
        _ id: NodeID, _ attributes: FileAttributes, _ question: OpenQuestions.Number,
        at now: Duration, _ effects: inout Effects
    ) {
        let isOvertaken = questions.close(question)
        guard isKnown(id) else { return }
        // What others asked before this is out of date, whichever way it was answered.
        markStale(id, at: now, &effects)
        noteChangedLink(id, at: now, &effects)
        setSize(of: id, attributes.size)
        if !isOvertaken { update(id, attributes, at: now, &effects) }
    }

    /// A change failed or timed out, and may have been made nevertheless: nothing is believed of it, and the kernel
    /// is to ask again.
    ///
    /// - Parameter isRefused: it was not made, but the name is not what it was thought to be.
    mutating func doubt(
        _ place: Node.Place, isRefused: Bool, at now: Duration, _ effects: inout Effects
    ) {
        namesChanged(in: place.parent, at: now, &effects)
        questions.overtake(place)
        directories[place.parent]?.forgetAbsent(place.name)
        if directories[place.parent]?.knowledge == .complete {
            directories[place.parent]?.validity.ttl = .zero
            if !isRefused {
                directories[place.parent]?.validity.since = .zero - FreshnessRules.ttlMax
                directories[place.parent]?.version += 1
            }
        }
        if !isRefused {
            effects.notices.append(.entry(parent: place.parent, name: place.name))
            effects.notices.append(.inode(place.parent))
        }
        if let id = directories[place.parent]?.children[place.name] {
            doubt(id, isRefused: isRefused, at: now, &effects)
        }
    }

    /// As ``doubt(_:isRefused:at:_:)-(Node.Place,_,_,_)``, for what was to be changed of the file itself.
    mutating func doubt(
        _ id: NodeID, isRefused: Bool, at now: Duration, _ effects: inout Effects
    ) {
        guard isKnown(id) else { return }
        if !isRefused { effects.notices.append(.inode(id)) }
        changedAt[id] = nil
        willWrite(id, at: now - .seconds(3600), &effects)
        forgetAliasPages(of: id, &effects)
    }
}
