import Model
import Share

/// Files with several names.
///
/// One node for all names that certainly lead to the same file. An inode number alone does not say so: a file that is gone
/// leaves its number to the next one at once, while its own name is still believed. What the share says of a number that
/// is known under other names decides by the generation, where the share has it; else by times, which a new file has not.
extension NodeTable {
    /// One of several names of a file, and where it lies on the share.
    typealias KnownName = (place: Node.Place, location: ShareLocation)

    /// Within which a request of the kernel arrives, also on a busy machine: it may go by a name that has ceased to be believed
    /// since.
    private static let requestTime = Duration.seconds(2)

    /// A name of a file beside the one that its node has.
    struct OtherPlace: Sendable, Hashable {
        var place: Node.Place
        /// When the share last said that this name leads to the file.
        var since: Duration
        /// As ``Node/believedUntil``, of this name.
        var believedUntil: UInt32 = 0
    }

    /// The node of a file that is known by another name: where there are several, the one of which the share has spoken last.
    /// What has lost its last name is not brought back by it, since who has that open may have no right to what it is now.
    func hardLink(_ attributes: FileAttributes) -> NodeID? {
        guard attributes.hasSeveralNames else { return nil }
        func isMeant(_ id: NodeID) -> Bool {
            guard let node = self[id], !node.isDetached else { return false }
            return node.attributes.device == attributes.device
                && node.attributes.isCertainly(attributes)
        }
        func since(_ id: NodeID) -> Duration { self[id]?.validity.since ?? .zero }
        return inodes[attributes.inode].filter(isMeant).max { since($0) < since($1) }
    }

    /// Other nodes that may be of the same file: of names that could not be told to lead to it, as where it was known by one
    /// name and was given another elsewhere; and of versions that lost their names while they were open.
    func aliases(of id: NodeID) -> [NodeID] {
        // Where numbers come and go (sshfs) they say nothing, but of files of which the share says that they have several names.
        guard let attributes = self[id]?.attributes, !attributes.isDirectory,
            inodesLast || attributes.hasSeveralNames
        else { return [] }
        let all = inodes[attributes.inode]
        guard all.count > 1 else { return [] }
        return all.filter { other in
            guard other != id, let known = self[other]?.attributes else { return false }
            return known.device == attributes.device && !known.isKnownToDiffer(from: attributes)
        }
    }

    /// The aliases of which somebody who changes these bytes may wait until their pages are dropped. That waits for what is under
    /// way on those pages: of two changes that run into each other, by different nodes, only one may wait for the other.
    func aliasesToDrop(
        of id: NodeID, _ bytes: Range<Int64>, _ effects: inout Effects
    ) -> [NodeID] {
        let aliases = aliases(of: id)
        guard aliases.contains(where: { isChanging($0, near: bytes) }) else { return aliases }
        forgetAliasPages(of: id, &effects)
        return []
    }

    /// As a change is made for which nobody can wait until the pages of the aliases are dropped: they go soon.
    func forgetAliasPages(of id: NodeID, _ effects: inout Effects) {
        for alias in aliases(of: id) where (self[alias]?.lookups ?? 0) > 0 {
            effects.notices.append(.inode(alias))
        }
    }

    /// The size that a change gives the file is known before the share says it.
    mutating func setSize(of id: NodeID, _ size: Int64) {
        self[id]?.attributes.size = size
        toldSizes[id] = nil
        for alias in aliases(of: id) {
            guard let node = self[alias], node.attributesAreStale, node.attributes.size != size
            else {
                continue
            }
            toldSizes[alias] = toldSizes[alias] ?? node.attributes.size
            self[alias]?.attributes.size = size
        }
    }

    /// The file is being changed, or was, by way of another of its nodes. Where its contents are, somebody else sees to the pages
    /// of the aliases.
    mutating func overtakeAliases(of id: NodeID, contents: Bool, _ effects: inout Effects) {
        for alias in aliases(of: id) {
            guard let node = self[alias] else { continue }
            // What can be read of it is what is cached, which stays the version that it was.
            if node.isDetached, liveSources[alias] == nil { continue }
            questions.overtake(alias)
            for place in places(of: alias) {
                questions.overtake(place)
                unstore(place.parent, &effects)
            }
            self[alias]?.validity.since = .zero - FreshnessRules.ttlMax
            if node.lookups > 0 { effects.distrusted.append(alias) }
            guard contents else { continue }
            // Its attributes are those of a version that the tiers may still have.
            self[alias]?.attributesAreStale = true
            changedAt[alias] = changedAt[id]
            if let file = node.file { effects.superseded.append((file, node.isDetached)) }
            if !node.isDetached, let source = liveSources.removeValue(forKey: alias) {
                effects.closed.append(source)
            }
            beginVersion(alias)
        }
    }

    /// The name that somebody goes by is asked for, and is what is opened: others may lead to another file by now, or
    /// nowhere. With the name comes the time since which nobody has asked for it.
    mutating func prefer(_ place: Node.Place, of id: NodeID) {
        guard let node = self[id], node.place != place,
            let index = otherPlaces[id]?.firstIndex(where: { $0.place == place }),
            let preferred = otherPlaces[id]?[index]
        else { return }
        otherPlaces[id]?[index] = OtherPlace(
            place: node.place, since: node.validity.since, believedUntil: node.believedUntil)
        self[id]?.place = place
        self[id]?.validity.since = preferred.since
        self[id]?.believedUntil = preferred.believedUntil
    }

    /// Takes one of its names from a file that has others.
    ///
    /// - Returns: false where it is known by this one alone, and nothing was done.
    mutating func loseOneName(_ place: Node.Place, of id: NodeID) -> Bool {
        guard var others = otherPlaces[id] else { return false }
        if self[id]?.place == place, let next = others.popLast() {
            self[id]?.place = next.place
            self[id]?.validity.since = next.since
            self[id]?.believedUntil = next.believedUntil
        } else {
            others.removeAll { $0.place == place }
        }
        otherPlaces[id] = others.isEmpty ? nil : others
        return true
    }

    /// The share has said that a name does not lead to the file any more.
    ///
    /// - Parameter isGone: nor to any other.
    mutating func lose(
        _ place: Node.Place, of id: NodeID, isGone: Bool, at now: Duration, _ effects: inout Effects
    ) {
        guard directories[place.parent]?.children[place.name] == id else { return }
        if isGone {
            enterAbsent(place, at: now, &effects)
        } else {
            detach(place, &effects)
            becomesUnknown(place)
        }
    }

    /// What the view is about to do to the file, or has done, goes for names of it that are not known.
    mutating func noteChangedLink(_ id: NodeID, at time: Duration, _ effects: inout Effects) {
        guard let node = self[id], node.attributes.isRegular, hasUnknownNames(id) else { return }
        let inode = node.attributes.inode
        effects.changedLinks.append(changedLinks.note(inode, at: time) ? inode : nil)
    }

    func hasUnknownNames(_ id: NodeID) -> Bool {
        guard let node = self[id] else { return false }
        return Int(node.attributes.linkCount) > places(of: id).count
    }

    func isOvertaken(_ node: Node) -> Bool {
        node.attributes.isRegular
            && changedLinks.isOvertaken(node.attributes.inode, since: node.validity.since)
    }

    /// Whether any name leads to the file, as far as is known.
    func hasName(_ id: NodeID) -> Bool { self[id]?.isDetached == false }

    /// Whether the share can be asked about the file, by a name or by what is open.
    func canBeAsked(_ id: NodeID) -> Bool { hasName(id) || liveSources[id] != nil }

    /// All names of a file that are known, the one that it is asked for by first.
    func places(of id: NodeID) -> [Node.Place] {
        guard let node = self[id], !node.isDetached else { return [] }
        return [node.place] + (otherPlaces[id] ?? []).map(\.place)
    }

    /// The names by which somebody may have come to a file where it has several: the one that it is asked for by first, and
    /// those of which the kernel does not have to ask before it goes by them. Where they lie on the share.
    func severalNames(
        of id: NodeID, at now: Duration
    ) -> [KnownName] {
        guard let node = self[id], !node.isDetached, let others = otherPlaces[id] else { return [] }
        let believed = others.filter { isBelieved($0.believedUntil, at: now - Self.requestTime) }
        return ([node.place] + believed.map(\.place)).compactMap { place in
            location(of: place.parent, place.name).map { (place, $0) }
        }
    }
}

extension FileAttributes {
    /// Whether one inode number is two files' here. False where that cannot be told.
    func isKnownToDiffer(from other: FileAttributes) -> Bool {
        kind != other.kind
            || generation != 0 && other.generation != 0 && generation != other.generation
    }

    /// Whether what has the same device and inode number is the same file, as far as that can be known.
    func isCertainly(_ other: FileAttributes) -> Bool {
        guard !isKnownToDiffer(from: other) else { return false }
        if generation != 0, other.generation != 0 { return true }
        return changed == other.changed && modified == other.modified && size == other.size
            && linkCount == other.linkCount
    }
}
