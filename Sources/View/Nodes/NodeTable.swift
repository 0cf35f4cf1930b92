import Model
import Platform
import Share
import Tiers

/// The tree as far as it is known: nodes by number, folders with their names, and how fresh each is.
///
/// A pure value, told the time, guarded by one lock in ``Namespace``; its methods decide and return what is to
/// be done outside of the lock (``Effects``). Bounded by ``knownMax``: beyond that, the inside of folders that were not
/// used for longest is forgotten (the index still has it), and the kernel is asked to give up what it holds of them.
struct NodeTable: Sendable {
    var rules: FreshnessRules
    /// Several users share the view: what lies on the share is held against what the kernel was told.
    let isShared: Bool
    /// The share's inode numbers tell files apart for as long as they exist.
    let inodesLast: Bool
    let knownMax: Int
    private var nodes: NodeSlots
    var known: Int { nodes.count }
    var directories: [NodeID: DirectoryState] = [:]
    /// What is no folder, by its number on the share.
    private(set) var inodes = InodeIndex()
    /// Further places of hard links.
    var otherPlaces: [NodeID: [OtherPlace]] = [:]
    /// Of which other names may not know yet.
    var changedLinks = ChangedLinks()
    private(set) var use: UInt64 = 0
    /// Nodes given back since it was said last.
    private var dropped = 0
    private static let droppedMany = 10_000
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
    private var changing: [NodeID: [Range<Int64>]] = [:]
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
    private(set) var openNodes: Set<NodeID> = []

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
    }

    // MARK: - References of the kernel

    mutating func retain(_ id: NodeID) {
        self[id]?.lookups += 1
    }

    mutating func forget(_ id: NodeID, count: UInt64, _ effects: inout Effects) {
        guard isKnown(id), let node = self[id] else { return }
        self[id]?.lookups = node.lookups - min(count, node.lookups)
        if node.lookups <= count,
            known > trimGoal || directories[node.place.parent]?.isForgotten == true
        {
            forgetUnreferenced(id, &effects)
        }
        collect(id, &effects)
    }

    /// The kernel opens a file. - Returns: whether the pages that it has are of the version that is read now.
    mutating func opened(_ id: NodeID) -> Bool {
        guard let node = self[id] else { return false }
        held(id)
        self[id]?.versionInKernel = node.version
        return node.versionInKernel == node.version
    }

    /// The file counts as open, without the kernel's having opened it, until ``released(_:_:)``.
    mutating func held(_ id: NodeID) {
        guard isKnown(id) else { return }
        self[id]?.opens += 1
        openNodes.insert(id)
    }

    /// The next open makes the kernel drop its pages.
    mutating func distrustPages(of id: NodeID) {
        guard let node = self[id] else { return }
        self[id]?.versionInKernel = node.version &- 1
    }

    /// What was read of a file is not to be read again: the next read begins a version of its own.
    mutating func beginVersion(_ id: NodeID) {
        self[id]?.file = nil
        self[id]?.version &+= 1
    }

    mutating func released(_ id: NodeID, _ effects: inout Effects) {
        guard isKnown(id), let node = self[id], node.opens > 0 else { return }
        self[id]?.opens -= 1
        if node.opens == 1 {
            openNodes.remove(id)
            if inDoubt.remove(id) != nil, let source = liveSources[id] {
                unpinned(id, source, &effects)
            }
        }
        collect(id, &effects)
    }

    /// A change of these bytes begins, for which the kernel waits until ``didChange(_:_:)``.
    mutating func willChange(_ id: NodeID, _ bytes: Range<Int64>) {
        changing[id, default: []].append(bytes)
    }

    mutating func didChange(_ id: NodeID, _ bytes: Range<Int64>) {
        guard let index = changing[id]?.firstIndex(of: bytes) else { return }
        changing[id]?.remove(at: index)
        if changing[id]?.isEmpty == true { changing[id] = nil }
    }

    /// Whether something in the pages of these bytes is being changed.
    func isChanging(_ id: NodeID, near bytes: Range<Int64>) -> Bool {
        guard let changing = changing[id] else { return false }
        let pages = Self.pages(bytes)
        return changing.contains { Self.pages($0).overlaps(pages) }
    }

    private static func pages(_ bytes: Range<Int64>) -> Range<Int64> {
        let size: Int64 = 4096
        let end = bytes.upperBound > .max - size ? .max : (bytes.upperBound + size - 1) / size
        return bytes.lowerBound / size..<end
    }

    /// Through which files are read that somebody has open.
    var sourcesInUse: [ShareFile] {
        openNodes.flatMap { id in
            [self[id]?.file?.source, liveSources[id]].compactMap { $0 }
        }
    }

    /// A node without a name lives until nobody refers to it.
    mutating func collect(_ id: NodeID, _ effects: inout Effects) {
        guard let node = self[id], node.isDetached, node.lookups == 0, node.opens == 0 else {
            return
        }
        if let file = node.file { effects.dropped.append(file) }
        remove(id, &effects)
    }

    mutating func remove(_ id: NodeID, _ effects: inout Effects) {
        if let source = liveSources.removeValue(forKey: id) { effects.closed.append(source) }
        if let attributes = self[id]?.attributes, !attributes.isDirectory {
            inodes.remove(attributes.inode, id)
        }
        nodes.remove(id)
        openNodes.remove(id)
        inDoubt.remove(id)
        directories[id] = nil
        otherPlaces[id] = nil
        changedAt[id] = nil
        toldSizes[id] = nil
        extendedAttributes.remove(id)
    }

    // MARK: - What the share said

    /// The share has a file of this name with these attributes. - Returns: its node, new or known.
    mutating func enter(
        _ place: Node.Place, _ attributes: FileAttributes, linkTarget: [UInt8]? = nil,
        validity: Validity?, at now: Duration, _ effects: inout Effects
    ) -> NodeID {
        // Only of a folder that has been listed something could be missing there.
        let isListed =
            directories[place.parent].map { $0.knowledge != .complete || $0.lists(place.name) }
            ?? false
        directories[place.parent]?.found(place.name)
        var attributes = attributes
        // What has a name has one; a share that keeps no count says none.
        attributes.linkCount = max(1, attributes.linkCount)
        if let id = directories[place.parent]?.children[place.name], let known = self[id] {
            // The index must not take back what the share has said since.
            if let validity, known.attributesAreStale || known.validity.since >= validity.since {
                return id
            }
            if isSameFile(known.attributes, attributes), !losesReaders(known, attributes) {
                prefer(place, of: id)
                update(id, attributes, validity: validity, at: now, &effects)
                if let linkTarget { self[id]?.linkTarget = linkTarget }
                return id
            }
            if isSameFile(known.attributes, attributes) {
                // What is open may hold newer bytes already.
                if let file = known.file { effects.closed.append(file.source) }
                detachAll(id, &effects)
            } else {
                detach(place, &effects)
            }
        }
        if let id = hardLink(attributes) {
            let since = (validity ?? rules.initial(at: now)).since
            otherPlaces[id, default: []].append(OtherPlace(place: place, since: since))
            directories[place.parent]?.learned(place.name, id, isListed: isListed)
            prefer(place, of: id)
            update(id, attributes, validity: validity, at: now, &effects)
            return id
        }
        var node = Node(
            place: place, attributes: attributes, validity: validity ?? rules.initial(at: now))
        node.linkTarget = linkTarget
        let id = nodes.insert(node)
        directories[place.parent]?.learned(place.name, id, isListed: isListed)
        if attributes.isDirectory {
            directories[id] = DirectoryState()
        } else {
            inodes.insert(attributes.inode, id)
        }
        return id
    }

    /// Takes in newer attributes of a known node.
    mutating func update(
        _ id: NodeID, _ attributes: FileAttributes, validity: Validity? = nil, at now: Duration,
        _ effects: inout Effects
    ) {
        guard let node = self[id] else { return }
        // The index knows nothing of what was changed since.
        if validity != nil, node.attributesAreStale { return }
        let isOwn = isOwnChange(of: node, id, attributes, at: now)
        var attributes = attributes
        // Not asked for each time.
        if attributes.generation == 0, attributes.hasSeveralNames,
            attributes.inode == node.attributes.inode
        {
            attributes.generation = node.attributes.generation
        }
        // sshfs numbers inodes as it goes; what people saw first stays.
        attributes.inode = node.attributes.inode
        let before = Fingerprint(node.attributes, consistency: rules.consistency)
        let after = Fingerprint(attributes, consistency: rules.consistency)
        // By way of another name, which need not have moved its time.
        let isOvertaken = !node.attributesAreStale && isOvertaken(node)
        let hasChanged = before != after || isOvertaken
        var visible = node.attributes
        visible.accessed = attributes.accessed
        visible.generation = attributes.generation
        if visible != attributes || isOvertaken, node.lookups > 0, !isOwn {
            effects.notices.append(.inode(id))
        }
        if hasChanged, attributes.isDirectory, !isOwn {
            // Names were added or removed: the listing is out of date whatever its age.
            directories[id]?.validity.ttl = .zero
            directories[id]?.doubtAbsent()
        }
        if hasChanged || node.attributesAreStale {
            if let file = node.file {
                // Without a name there is no opening it again.
                if node.isDetached || isOvertaken {
                    effects.superseded.append((file, node.isDetached))
                } else {
                    effects.dropped.append(file)
                }
            }
            // What is about to lose its name need not be there under it any more.
            if !node.isDetached, let source = liveSources[id], !source.isNameless {
                liveSources[id] = nil
                effects.closed.append(source)
            }
            beginVersion(id)
            self[id]?.seenAt = CoarseTime(validity?.since ?? now)
            // What the kernel has of a file that only we have changed is what it wrote itself.
            if isOwn, node.versionInKernel == node.version {
                self[id]?.versionInKernel = node.version &+ 1
            }
        }
        if hasChanged { self[id]?.linkTarget = nil }
        if node.attributes.changed != attributes.changed {
            forgetAttributes(of: id)
            self[id]?.changedSeenAt = CoarseTime(validity?.since ?? now)
        }
        self[id]?.attributes = attributes
        if node.attributesAreStale {
            // Others have given it further names since the view looked last.
            if attributes.linkCount > node.attributes.linkCount {
                noteChangedLink(id, at: changedAt[id] ?? now, &effects)
            }
            self[id]?.attributesAreStale = false
            self[id]?.changesRights = false
            changedAt[id] = nil
            toldSizes[id] = nil
        }
        // What the view itself changes says nothing of how often others do.
        let renewed =
            validity
            ?? rules.renewed(
                node.validity, changed: hasChanged && !isOwn, at: now)
        self[id]?.validity = renewed
    }

    /// Whether a name still means the file that it meant.
    ///
    /// Same type, and the same inode; or, as `eventual` must get along with shares whose inode numbers come
    /// and go (sshfs), a file with the same size and time.
    private func isSameFile(_ old: FileAttributes, _ new: FileAttributes) -> Bool {
        guard old.kind == new.kind else { return false }
        if old.inode == new.inode { return !old.isKnownToDiffer(from: new) }
        if rules.consistency == .strict { return false }
        // What numbers files by path has no links either.
        if old.hasSeveralNames || new.hasSeveralNames { return false }
        // To another file, or one for other people, nothing goes over of what was decided for this one.
        if isShared {
            guard !inodesLast, FileIdentity(old).grantsSameRights(as: FileIdentity(new)) else {
                return false
            }
        }
        return old.isDirectory || (old.size == new.size && old.modified == new.modified)
    }

    /// Whether somebody who has the file open may have been let in by rights that others have taken back since.
    ///
    /// He goes on with what he opened, as a file that has no name any more; what the file becomes is another node's.
    private func losesReaders(_ node: Node, _ attributes: FileAttributes) -> Bool {
        isShared && node.opens > 0 && !node.changesRights && attributes.isRegular
            && !FileIdentity(attributes).letsRead(atLeastAs: FileIdentity(node.attributes))
    }

    /// No name leads to the node any more.
    private mutating func detachAll(_ id: NodeID, _ effects: inout Effects) {
        for other in otherPlaces[id] ?? [] { detach(other.place, &effects) }
        if let place = self[id]?.place { detach(place, &effects) }
    }

    /// The name leads nowhere: the node goes too, unless somebody refers to it or it has another name.
    ///
    /// - Parameter isOwn: by way of the view, of which the kernel needs no notice.
    mutating func detach(
        _ place: Node.Place, isOwn: Bool = false, _ effects: inout Effects
    ) {
        guard let id = directories[place.parent]?.children[place.name], let node = self[id] else {
            directories[place.parent]?.children[place.name] = nil
            return
        }
        if isOwn {
            directories[place.parent]?.removed(place.name)
        } else {
            directories[place.parent]?.lost(place.name)
            effects.notices.append(.entry(parent: place.parent, name: place.name))
            noteNamesChanged(in: place.parent, &effects)
        }
        if loseOneName(place, of: id) { return }
        if node.attributes.isDirectory {
            if let path = path(of: id) { effects.staleDirectories.append(path) }
            detachChildren(of: id, &effects)
        }
        // Another file may come to have its path, size and time, and is not to be taken for it.
        if isOwn, node.opens == 0 || liveSources[id] != nil { replaceFile(id, &effects) }
        // Nobody reads on; who has found it may be about to.
        let isAwaited = isOwn && node.lookups > 0 && liveSources[id]?.isNameless == true
        if node.opens == 0, !isAwaited, let source = liveSources.removeValue(forKey: id) {
            effects.closed.append(source)
        }
        self[id]?.isDetached = true
        if let source = self[id]?.file?.source { readOn(id, through: source) }
        collect(id, &effects)
    }

    /// Who has a file open that has no name, or is about to, reads on by what is open.
    mutating func readOn(_ id: NodeID, through source: ShareFile) {
        guard let node = self[id], node.isDetached, node.opens > 0, liveSources[id] == nil,
            source.pinIfOpen()
        else { return }
        liveSources[id] = source
    }

    /// A listing that the kernel keeps has a name that is gone, or will lack one that comes back.
    private mutating func noteNamesChanged(in parent: NodeID, _ effects: inout Effects) {
        guard let version = directories[parent]?.version else { return }
        directories[parent]?.version = version + 1
        if directories[parent]?.versionInKernel == version {
            effects.notices.append(.inode(parent))
        }
    }

    private mutating func detachChildren(of id: NodeID, _ effects: inout Effects) {
        for name in directories[id].map({ Array($0.children.keys) }) ?? [] {
            detach(Node.Place(parent: id, name: name), &effects)
        }
        directories[id]?.list([])
    }

    // MARK: - Listings

    /// Merges one batch of a listing: batches, so that the lock is held shortly. - Returns: the entries with
    /// their nodes.
    ///
    /// - Parameter question: with which the listing was asked for; names that were changed through the view since are
    ///   as the table has them.
    /// - Parameter fetchedAt: when the index's listing was made, by the wall clock.
    mutating func merge(
        _ batch: some Collection<StoredListing.Entry>, into parent: NodeID,
        question: OpenQuestions.Number? = nil, validity: Validity?, fetchedAt: Timestamp? = nil,
        at now: Duration, _ effects: inout Effects
    ) -> [DirectoryState.Entry] {
        guard isKnown(parent) else { return [] }
        let overtaken = questions.overtakenNames(question)
        if questions.isSuperseded(question) {
            // For whoever waits for it, and for nobody else.
            return batch.map {
                DirectoryState.Entry(
                    name: $0.name, node: directories[parent]?.children[$0.name] ?? .none,
                    $0.attributes)
            }
        }
        return batch.compactMap { entry in
            if overtaken.contains(entry.name) { return self.entry(entry.name, in: parent) }
            if entry.isNameOnly { return enterNameOnly(entry, in: parent) }
            let id = enter(
                Node.Place(parent: parent, name: entry.name), entry.attributes,
                linkTarget: entry.linkTarget, validity: validity, at: now, &effects)
            if let fetchedAt {
                adopt(
                    entry.extendedAttributes, for: id, changed: entry.attributes.changed,
                    asOf: fetchedAt)
            }
            return DirectoryState.Entry(
                name: entry.name, node: id, self[id]?.attributes ?? entry.attributes)
        }
    }

    /// What is known of a name; nil for nothing.
    private func entry(_ name: Name, in parent: NodeID) -> DirectoryState.Entry? {
        guard let state = directories[parent] else { return nil }
        if let id = state.children[name], let node = self[id] {
            return DirectoryState.Entry(name: name, node: id, node.attributes)
        }
        // Rarely asked for, so that a search will do.
        return state.nameOnly.contains(name) ? state.order.first { $0.name == name } : nil
    }

    /// A name of which the share gave no attributes: what is known of it stays as old as it is.
    private mutating func enterNameOnly(
        _ entry: StoredListing.Entry, in parent: NodeID
    ) -> DirectoryState.Entry {
        if let id = directories[parent]?.children[entry.name], let node = self[id] {
            return DirectoryState.Entry(name: entry.name, node: id, node.attributes)
        }
        directories[parent]?.found(entry.name)
        directories[parent]?.nameOnly.insert(entry.name)
        directories[parent]?.noteSpelling(entry.name)
        return DirectoryState.Entry(name: entry.name, node: .none, entry.attributes)
    }

    /// The listing with what was changed through the view while it was fetched.
    func corrected(
        _ order: [DirectoryState.Entry], _ parent: NodeID, _ question: OpenQuestions.Number?
    ) -> [DirectoryState.Entry] {
        var overtaken = questions.overtakenNames(question)
        guard !overtaken.isEmpty else { return order }
        let corrected = order.compactMap { entry -> DirectoryState.Entry? in
            overtaken.remove(entry.name) == nil ? entry : self.entry(entry.name, in: parent)
        }
        return corrected + overtaken.compactMap { self.entry($0, in: parent) }
    }

    /// All entries are merged: what the listing lacks is gone from the share.
    ///
    /// - Returns: whether names were added or removed since the last listing.
    @discardableResult
    mutating func finishListing(
        _ parent: NodeID, _ order: [DirectoryState.Entry], question: OpenQuestions.Number? = nil,
        directory attributes: FileAttributes, validity: Validity?, cost: Duration, at now: Duration,
        _ effects: inout Effects
    ) -> Bool {
        let order = corrected(order, parent, question)
        guard directories[parent] != nil else { return false }
        // What is older does not take back what a later answer has brought.
        if questions.isSuperseded(question) { return false }
        if validity == nil { questions.supersede(parent, by: question) }
        questions.entered(question)
        let names = settleNames(parent, order, validity, at: now, &effects)
        guard var state = directories[parent] else { return false }
        // Another file under the same name counts: the kernel may have read the listing while it had neither.
        let hasChanged = state.knowledge != .complete || names != state.order
        if hasChanged { state.list(names) }
        state.removedNames.removeAll()
        state.hasOwnChanges = false
        let wasComplete = state.knowledge == .complete
        if hasChanged {
            state.version += 1
            if state.versionInKernel != nil { effects.notices.append(.inode(parent)) }
        }
        // A name that the kernel was told to be absent may have come.
        if !state.absent.isEmpty {
            for entry in names where state.absent[entry.name] != nil {
                effects.notices.append(.entry(parent: parent, name: entry.name))
            }
        }
        state.knowledge = .complete
        state.settleAbsent(at: now)
        state.listedAt = attributes.modified
        state.validity =
            validity
            ?? (wasComplete
                ? rules.renewed(renewable(state.validity), changed: hasChanged, at: now)
                : rules.initial(at: now))
        state.isForgotten = false
        state.coldLookups = 0
        state.agingLookups = 0
        state.listingCost = cost
        directories[parent] = state
        forgetFormersUnlessOpen(parent)
        // What was listed ahead of somebody is about to be used.
        touch(parent)
        // It was spared while it came, and may be more than there is room for.
        trimmedAt = min(trimmedAt, max(knownMax, known - order.count) + hysteresis)
        trim(sparing: parent, &effects)
        return hasChanged
    }

    /// Holds the names of a listing, all of which are merged, against what the folder has by now: what the listing lacks is
    /// gone, and what was forgotten while it came is there by its name.
    ///
    /// A name that the share has told of by itself, and that no listing has had yet or that was asked for since this one was,
    /// may be younger than the listing, which the share's client may have from before. It is asked for at its next look.
    ///
    /// - Parameters:
    ///   - validity: of a listing from the index, which knows nothing of what the share has said since.
    ///   - start: when the listing was asked for.
    /// - Returns: the names that the listing leaves, each of which is in `children` or in `nameOnly`.
    private mutating func settleNames(
        _ parent: NodeID, _ order: [DirectoryState.Entry], _ validity: Validity?,
        at start: Duration, _ effects: inout Effects
    ) -> [DirectoryState.Entry] {
        guard let before = directories[parent] else { return order }
        var nameOnly: Set<Name> = []
        // Its node may be there all the same: by another of a file's names, or since somebody has it open that an older listing,
        // which came to its end meanwhile, has taken the name from.
        var known = 0
        for entry in order {
            if before.children[entry.name] != nil {
                known += 1
            } else if before.absent[entry.name] == nil {
                nameOnly.insert(entry.name)
            }
        }
        directories[parent]?.nameOnly = nameOnly
        // What is listed now, is; the rest of them is told of below.
        directories[parent]?.unlisted = []
        let late =
            before.unlisted.isEmpty ? 0 : order.count { before.unlisted.contains($0.name) }
        guard
            late != before.unlisted.count || before.children.count != known
                || order.count != known + nameOnly.count
        else { return order }
        var listed = Set<Name>(minimumCapacity: order.count)
        for entry in order { listed.insert(entry.name) }
        var names = order
        var unlisted: Set<Name> = []
        let missing = before.children.filter { !listed.contains($0.key) }
        let adopted = adoptSpellings(Set(missing.keys), in: parent, of: &names, &effects)
        for (name, id) in missing where !adopted.contains(name) {
            let place = Node.Place(parent: parent, name: name)
            let isUnlisted = before.knowledge != .complete || before.unlisted.contains(name)
            if let validity, let node = self[id], node.validity.since >= validity.since {
                names.append(DirectoryState.Entry(name: name, node: id, node.attributes))
            } else if isUnlisted || lastAnswer(of: place, id) > start {
                distrust(place, of: id, &effects)
                unlisted.insert(name)
            } else {
                detach(place, &effects)
            }
        }
        directories[parent]?.unlisted = unlisted
        guard let state = directories[parent],
            state.children.count - unlisted.count != names.count - nameOnly.count
        else { return names }
        // Others are gone since they were listed.
        return names.filter { state.children[$0.name] != nil || nameOnly.contains($0.name) }
    }

    /// A TTL of zero only said that the folder had changed; it starts again from the rule's.
    private func renewable(_ validity: Validity) -> Validity {
        validity.ttl == .zero ? Validity(since: validity.since, ttl: rules.attributeTTL) : validity
    }

    // MARK: - Forgetting

    /// A file was not what its name had led to: the folders above it are asked for before they are believed again.
    mutating func distrustFolders(above id: NodeID, _ effects: inout Effects) {
        guard isShared else { return }
        var at = id
        while at != .root, let node = self[at], !node.isDetached {
            self[at]?.validity.since = .zero - FreshnessRules.ttlMax
            // Also for who stands in it, and comes by no name.
            effects.notices.append(.inode(at))
            effects.notices.append(.entry(parent: node.place.parent, name: node.place.name))
            at = node.place.parent
        }
    }

    /// When the share has last said that a name leads to a node.
    private func lastAnswer(of place: Node.Place, _ id: NodeID) -> Duration {
        guard let node = self[id], node.place != place else {
            return self[id]?.validity.since ?? .zero - FreshnessRules.ttlMax
        }
        let other = otherPlaces[id]?.first { $0.place == place }
        return other?.since ?? .zero - FreshnessRules.ttlMax
    }

    /// The next look at a name asks the share.
    private mutating func distrust(
        _ place: Node.Place, of id: NodeID, _ effects: inout Effects
    ) {
        let longAgo = Duration.zero - FreshnessRules.ttlMax
        if self[id]?.place == place {
            self[id]?.validity.since = longAgo
        } else if let index = otherPlaces[id]?.firstIndex(where: { $0.place == place }) {
            otherPlaces[id]?[index].since = longAgo
        }
        guard let node = self[id], node.lookups > 0 else { return }
        effects.notices.append(.entry(parent: place.parent, name: place.name))
    }

    /// Whether neither the kernel nor anything else in the table needs the node.
    func isUnreferenced(_ id: NodeID) -> Bool {
        guard let node = self[id] else { return true }
        let hasInside =
            directories[id].map { !$0.children.isEmpty || questions.isBeingListed(id) } ?? false
        return node.lookups == 0 && node.opens == 0 && !hasInside && otherPlaces[id] == nil
    }

    /// Takes a node out that nobody needs, and that its folder has no name for any more.
    mutating func drop(_ id: NodeID, _ effects: inout Effects) {
        guard let node = self[id] else { return }
        if let file = node.file { effects.dropped.append(file) }
        remove(id, &effects)
        dropped += 1
        if dropped >= Self.droppedMany {
            dropped = 0
            effects.isMuchFree = true
        }
    }
}
