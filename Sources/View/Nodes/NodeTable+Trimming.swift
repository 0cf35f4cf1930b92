import Model

/// Keeping the table within its bound.
///
/// What nobody refers to is forgotten, in the folders that were not used for longest. What the kernel refers to cannot be:
/// it remembers every name that it was told for as long as it has memory, so it is asked to give up those that no program
/// uses. A folder that is open, or is being used at this moment, keeps its names and loses only attributes: a walk would
/// have it listed anew for every name that it looks at. Handles have their listings for themselves (``ListingSnapshot``),
/// so that nothing that is forgotten here is missing there.
extension NodeTable {
    /// Something that the kernel remembers and is asked to forget.
    struct Recalled: Sendable, Hashable {
        var id: NodeID
        var place: Node.Place
        var isDirectory: Bool
    }

    /// A tenth less than the bound, so that this is not done for each listing.
    var trimGoal: Int { knownMax - knownMax / 10 }

    /// So many more nodes than cannot be forgotten are taken in before that is tried again.
    var hysteresis: Int { knownMax / 20 }

    /// Forgets, until the table is within its bound or nothing more can be forgotten.
    ///
    /// - Parameter spared: the folder that is used now.
    mutating func trim(sparing spared: NodeID, _ effects: inout Effects) {
        guard known > trimmedAt else {
            if known <= knownMax { trimmedAt = knownMax }
            return
        }
        let oldestFirst = directories.map { (use: $0.value.lastUse, id: $0.key) }
            .sorted { $0.use < $1.use }
        for (_, id) in oldestFirst where known > trimGoal && id != spared {
            if openFolders[id] == nil {
                unlist(id, &effects)
                forgetIfEmpty(id, &effects)
            } else {
                forgetAttributes(in: id, &effects)
            }
        }
        if known > trimGoal { forgetAttributes(in: spared, &effects) }
        recall(from: oldestFirst.map(\.id), known - trimGoal, &effects)
        // What the kernel holds on to is not gone through again for each listing.
        trimmedAt = max(knownMax, known + hysteresis)
    }

    /// Forgets the inside of a folder where nobody refers to it. The kernel's own references keep a node.
    mutating func unlist(_ id: NodeID, _ effects: inout Effects) {
        // Of what came of two listings one is the older, and its end would take what only the other has brought for gone, were
        // that forgotten meanwhile.
        guard let state = directories[id], !questions.isBeingListed(id) else { return }
        if state.knowledge == .unread, state.children.isEmpty, state.absent.isEmpty {
            directories[id]?.isForgotten = true
            return
        }
        var kept: [Name: NodeID] = [:]
        for (name, child) in state.children where isKnown(child) {
            if !give(up: child, Node.Place(parent: id, name: name), &effects) {
                kept[name] = child
            }
        }
        // Of the index, what it has may lack what was changed through the view.
        var unread = DirectoryState()
        unread.children = kept
        unread.follow(state)
        unread.ownChanges = state.ownChanges
        unread.isStoredListingGone = state.isStoredListingGone
        unread.isRefusalSaid = state.isRefusalSaid
        unread.isForgotten = true
        directories[id] = unread
        forgetFormersUnlessOpen(id)
    }

    /// Keeps a folder's names, and nothing else of what nobody refers to.
    private mutating func forgetAttributes(in id: NodeID, _ effects: inout Effects) {
        guard let state = directories[id], state.knowledge == .complete,
            !questions.isBeingListed(id)
        else { return unlist(id, &effects) }
        for (name, child) in state.children
        where known > trimGoal && isKnown(child) && !state.unlisted.contains(name) {
            guard give(up: child, Node.Place(parent: id, name: name), &effects) else { continue }
            directories[id]?.children[name] = nil
            directories[id]?.nameOnly.insert(name)
        }
    }

    /// Forgets one name of a folder, and the node unless others lead to it. - Returns: false where it is in use.
    private mutating func give(
        up id: NodeID, _ place: Node.Place, _ effects: inout Effects
    ) -> Bool {
        guard let node = self[id], node.lookups == 0, node.opens == 0 else { return false }
        if loseOneName(place, of: id) { return true }
        guard isUnreferenced(id) else { return false }
        drop(id, &effects)
        return true
    }

    /// Asks the kernel for what it holds of the folders that were not used for longest; these are the last ones that are
    /// asked for again.
    private mutating func recall(
        from oldestFirst: [NodeID], _ count: Int, _ effects: inout Effects
    ) {
        var left = count
        for folder in oldestFirst where left > 0 {
            guard let state = directories[folder], !state.children.isEmpty else { continue }
            var isAsked = false
            for (name, child) in state.children {
                guard left > 0 else { break }
                guard let node = self[child], node.lookups > 0, node.opens == 0 else { continue }
                if let inside = directories[child] {
                    // Its own inside has to go first.
                    guard inside.children.isEmpty, openFolders[child] == nil else { continue }
                }
                effects.recalled.append(
                    Recalled(
                        id: child, place: Node.Place(parent: folder, name: name),
                        isDirectory: node.attributes.isDirectory))
                left -= 1
                isAsked = true
            }
            if isAsked { touch(folder) }
        }
    }

    /// A folder of whose inside nothing is known any more may be forgotten itself, and so those above it.
    mutating func forgetIfEmpty(_ id: NodeID, _ effects: inout Effects) {
        guard id != .root, let state = directories[id], state.knowledge == .unread,
            state.children.isEmpty, let parent = self[id]?.place.parent,
            directories[parent]?.isForgotten == true
        else { return }
        forgetUnreferenced(id, &effects)
    }
}
