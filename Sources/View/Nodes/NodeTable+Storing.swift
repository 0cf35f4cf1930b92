import Model
import Tiers

extension NodeTable {
    /// Something was learned of what is in a folder, one name after the other.
    ///
    /// - Returns: whether its listing is to be stored soon; else it was lately, for its size, and is stored with the next
    ///   that is learned or at the end.
    mutating func mayStoreAgain(_ folder: NodeID, at now: Duration) -> Bool {
        guard let state = directories[folder], state.knowledge == .complete else { return false }
        directories[folder]?.hasUnstored = true
        guard let last = state.lastStored else { return true }
        return now - last >= .seconds(1) + .milliseconds(2) * state.order.count
    }

    /// Folders of which more is known than was stored.
    var foldersToStore: [NodeID] { directories.filter { $1.hasUnstored }.map(\.key) }

    /// What the index keeps of a name.
    func storable(
        _ entry: DirectoryState.Entry, in parent: NodeID
    ) -> StoredListing.Entry? {
        guard let state = directories[parent] else { return nil }
        // By name: since the listing another file may have taken it.
        if let id = state.children[entry.name], let node = self[id] {
            return StoredListing.Entry(
                name: entry.name, attributes: node.attributes, linkTarget: node.linkTarget,
                extendedAttributes: attributeKnowledge(of: id))
        }
        guard state.nameOnly.contains(entry.name) else { return nil }
        return StoredListing.Entry(
            name: entry.name,
            attributes: FileAttributes(inode: entry.inode, mode: UInt32(entry.type) << 12),
            isNameOnly: true)
    }
}
