import Model

/// Giving back what is known of a folder's inside.
extension NodeTable {
    /// A listing came to nothing. What a large one brought goes, where nobody refers to it and no other listing is under way; a
    /// listing that was known before stays as it was.
    mutating func failListing(
        _ id: NodeID, _ question: OpenQuestions.Number, isLarge: Bool, _ effects: inout Effects
    ) {
        // While it is open the folder is spared.
        _ = questions.close(question)
        if isLarge { forgetUnlisted(in: id, &effects) }
    }

    private mutating func forgetUnlisted(in id: NodeID, _ effects: inout Effects) {
        guard let state = directories[id] else { return }
        guard state.knowledge == .complete else { return unlist(id, &effects) }
        var listed = Set<Name>(minimumCapacity: state.order.count)
        for entry in state.order { listed.insert(entry.name) }
        for (name, child) in state.children where !listed.contains(name) && isUnreferenced(child) {
            directories[id]?.children[name] = nil
            directories[id]?.unlisted.remove(name)
            // There is more in it than the listing says.
            directories[id]?.validity.ttl = .zero
            drop(child, &effects)
        }
    }

    /// Forgets folders at and below `id`, as far as nobody refers to what is in them.
    mutating func forgetInside(of id: NodeID, _ effects: inout Effects) {
        // From the leaves up: a folder whose inside is known keeps its place in the one above.
        var folders = [id]
        var at = 0
        while at < folders.count {
            let inside = directories[folders[at]]?.children.values.filter { directories[$0] != nil }
            folders.append(contentsOf: inside ?? [])
            at += 1
        }
        for folder in folders.reversed() { unlist(folder, &effects) }
    }

    /// The kernel may have given up the last reference to a node that is to be forgotten.
    mutating func forgetUnreferenced(_ id: NodeID, _ effects: inout Effects) {
        guard let node = self[id], id != .root, !node.isDetached, isUnreferenced(id) else { return }
        let (parent, name) = (node.place.parent, node.place.name)
        // Without it nothing would say that the name is there.
        guard directories[parent]?.children[name] == id,
            directories[parent]?.unlisted.contains(name) == false
        else { return }
        directories[parent]?.children[name] = nil
        if directories[parent]?.knowledge == .complete {
            directories[parent]?.nameOnly.insert(name)
        }
        drop(id, &effects)
        forgetIfEmpty(parent, &effects)
    }
}
