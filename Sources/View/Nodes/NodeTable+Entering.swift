import Model
import Platform
import Share
import Tiers

/// Takes in what the share said of names and attributes.
extension NodeTable {
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
        // Where numbers come and go it may be the folder that it was. A descriptor of it may lead to one that was moved away, and
        // would for as long as it is used.
        if attributes.isDirectory, attributes.inode != node.attributes.inode,
            let path = path(of: id)
        {
            effects.doubtfulDirectories.append(path)
        }
        let attributes = Self.completed(attributes, by: node)
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
            endVersion(of: id, isOvertaken: isOvertaken, &effects)
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
            areKnownAgain(id)
        }
        // What the view itself changes says nothing of how often others do.
        let renewed =
            validity
            ?? rules.renewed(
                node.validity, changed: hasChanged && !isOwn, at: now)
        self[id]?.validity = renewed
    }

    /// What an answer leaves out, or gives anew each time.
    private static func completed(_ answer: FileAttributes, by node: Node) -> FileAttributes {
        var attributes = answer
        // Not asked for each time.
        if attributes.generation == 0, attributes.hasSeveralNames,
            attributes.inode == node.attributes.inode
        {
            attributes.generation = node.attributes.generation
        }
        // sshfs numbers inodes as it goes; what people saw first stays.
        attributes.inode = node.attributes.inode
        return attributes
    }

    /// The version that was read is not what the share has, or may not be.
    ///
    /// - Parameter isOvertaken: by way of another name.
    private mutating func endVersion(of id: NodeID, isOvertaken: Bool, _ effects: inout Effects) {
        guard let node = self[id] else { return }
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
    }

    /// The attributes of a node that was changed through the view have been asked for.
    private mutating func areKnownAgain(_ id: NodeID) {
        self[id]?.attributesAreStale = false
        self[id]?.changesRights = false
        changedAt[id] = nil
        toldSizes[id] = nil
    }

    /// Whether a name still means the file that it meant.
    ///
    /// Same type, and the same inode; or, as `eventual` must get along with shares whose inode numbers come
    /// and go (sshfs), there a folder of the same name, or a file with the same size and time.
    private func isSameFile(_ old: FileAttributes, _ new: FileAttributes) -> Bool {
        guard old.kind == new.kind else { return false }
        if old.inode == new.inode { return !old.isKnownToDiffer(from: new) }
        if inodesLast || rules.consistency == .strict { return false }
        // What numbers files by path has no links either.
        if old.hasSeveralNames || new.hasSeveralNames { return false }
        // To another file, or one for other people, nothing goes over of what was decided for this one.
        if isShared, !FileIdentity(old).grantsSameRights(as: FileIdentity(new)) { return false }
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
}
