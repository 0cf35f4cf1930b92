import Model

/// Files with several names.
///
/// One node for all names that certainly lead to the same file. An inode number alone does not say so: a file that is gone
/// leaves its number to the next one at once, while its own name is still believed. What the share says of a number that
/// is known under other names decides by the generation, where the share has it; else by times, which a new file has not.
extension NodeTable {
    struct LinkKey: Hashable, Sendable {
        var device: UInt64
        var inode: UInt64
    }

    /// A name of a file beside the one that its node has.
    struct OtherPlace: Sendable, Hashable {
        var place: Node.Place
        /// When the share last said that this name leads to the file.
        var since: Duration
    }

    /// The node of a file that is known by another name.
    func hardLink(_ attributes: FileAttributes) -> NodeID? {
        guard attributes.hasSeveralNames else { return nil }
        let key = LinkKey(device: attributes.device, inode: attributes.inode)
        guard let id = hardLinks[key], let node = self[id],
            node.attributes.isCertainly(attributes)
        else { return nil }
        return id
    }

    /// The name that somebody goes by is asked for, and is what is opened: others may lead to another file by now, or
    /// nowhere. With the name comes the time since which nobody has asked for it.
    mutating func prefer(_ place: Node.Place, of id: NodeID) {
        guard let node = self[id], node.place != place,
            let index = otherPlaces[id]?.firstIndex(where: { $0.place == place }),
            let since = otherPlaces[id]?[index].since
        else { return }
        otherPlaces[id]?[index] = OtherPlace(place: node.place, since: node.validity.since)
        self[id]?.place = place
        self[id]?.validity.since = since
    }

    mutating func noteHardLink(_ id: NodeID, _ attributes: FileAttributes) {
        guard attributes.hasSeveralNames else { return }
        let key = LinkKey(device: attributes.device, inode: attributes.inode)
        // Of two nodes with one number the one of which the share has spoken last has it now.
        if let before = hardLinks[key], before != id, let known = self[before], let node = self[id],
            known.validity.since > node.validity.since
        {
            return
        }
        hardLinks[key] = id
    }

    mutating func forgetHardLink(_ id: NodeID, _ attributes: FileAttributes) {
        let key = LinkKey(device: attributes.device, inode: attributes.inode)
        if hardLinks[key] == id { hardLinks[key] = nil }
    }

    /// What the view is about to do to the file, or has done, goes for names of it that are not known.
    mutating func noteChangedLink(_ id: NodeID, at time: Duration, _ effects: inout Effects) {
        guard let node = self[id], node.attributes.isRegular, hasUnknownNames(id) else { return }
        let inode = node.attributes.inode
        effects.changedLinks.append(changedLinks.note(inode, at: time) ? inode : nil)
        // What could not be told to be the same file.
        let key = LinkKey(device: node.attributes.device, inode: inode)
        if let other = hardLinks[key], other != id, isKnown(other) {
            effects.notices.append(.inode(other))
        }
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

    /// All names of a file that are known, the one that it is asked for by first.
    func places(of id: NodeID) -> [Node.Place] {
        guard let node = self[id], !node.isDetached else { return [] }
        return [node.place] + (otherPlaces[id] ?? []).map(\.place)
    }

    /// The names of a file where it has several that are known, and where they lie on the share; the one that it is asked
    /// for by first.
    func severalNames(of id: NodeID) -> [(place: Node.Place, location: ShareLocation)] {
        guard otherPlaces[id] != nil else { return [] }
        return places(of: id).compactMap { place in
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
