import Model
import Platform
import Share
import Tiers

/// What the kernel holds and has open of nodes.
extension NodeTable {
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

    /// Lets go of what no name leads to and nobody has open any more. The kernel may remember such a file for as long as it likes, and
    /// what is kept open of it keeps its room on the share, or a file of another name in its folder.
    mutating func letGoOfNameless(_ effects: inout Effects) {
        for (id, source) in liveSources where source.isNameless && source.isIdle {
            guard let node = self[id], node.isDetached, node.opens == 0 else { continue }
            liveSources[id] = nil
            effects.closed.append(source)
        }
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
}
