import Model

/// A folder's listing as whoever opened it reads it: nothing takes a name out of it, whatever is forgotten meanwhile.
struct ListingSnapshot: Sendable {
    /// Shared with the table until one of the two changes.
    var entries: [DirectoryState.Entry]
    /// ``DirectoryState/ownChanges`` when it was taken.
    var ownChanges: UInt64
}

extension NodeTable {
    /// A folder's listing as it is known; nil where it is not.
    func snapshot(of id: NodeID) -> ListingSnapshot? {
        guard let state = directories[id],
            state.knowledge == .complete || self[id]?.isDetached == true
        else { return nil }
        return ListingSnapshot(entries: state.order, ownChanges: state.ownChanges)
    }

    /// A listing as whoever waited for it reads it: as it was entered, or as it came where a newer one was entered before.
    func snapshot(
        of id: NodeID, _ order: [DirectoryState.Entry], _ question: OpenQuestions.Number?
    ) -> ListingSnapshot? {
        guard questions.isSuperseded(question) else { return snapshot(of: id) }
        return ListingSnapshot(
            entries: corrected(order, id, question),
            ownChanges: directories[id]?.ownChanges ?? 0)
    }

    /// What is to be shown of an entry of a snapshot.
    ///
    /// - Returns: its node; ``NodeID/none`` for the name alone; nil where it is known to be gone.
    func shown(_ entry: DirectoryState.Entry, in id: NodeID) -> NodeID? {
        guard let state = directories[id] else { return nil }
        // By name: since the listing another file may have taken it.
        if let child = state.children[entry.name], isKnown(child) { return child }
        if state.nameOnly.contains(entry.name) { return NodeID.none }
        // What is forgotten is not gone.
        let isForgotten =
            state.knowledge != .complete && state.absent[entry.name] == nil
            && self[id]?.isDetached == false
        return isForgotten ? NodeID.none : nil
    }
}
