import Model

/// A folder's listing as whoever opened it reads it: nothing takes a name out of it, whatever is forgotten meanwhile.
struct ListingSnapshot: Sendable {
    /// Shared with the table until one of the two changes.
    var entries: [DirectoryState.Entry]
    /// ``DirectoryState/ownChanges`` when it was taken.
    var ownChanges: UInt64
    /// ``DirectoryState/arrangement`` of the entries.
    var arrangement: UInt32

    /// What stands for a place in the listing: `.` and `..` are the first two.
    ///
    /// The kernel keeps one listing for all who read the folder, and puts it together from what each of them reads, by these
    /// numbers. A place in one listing must therefore never be taken for one in another.
    func offset(of position: Int) -> Int64 {
        Int64(arrangement & Self.arrangementMask) << 32 | Int64(position)
    }

    /// The place that an offset stands for; nil where it is one in another listing.
    func position(of offset: Int64) -> Int? {
        let position = Int(UInt32(truncatingIfNeeded: offset))
        return position == 0 || self.offset(of: position) == offset ? position : nil
    }

    /// Offsets are positive.
    private static let arrangementMask: UInt32 = 0x7FFF_FFFF
}

extension DirectoryState {
    /// The listing as it is known.
    var snapshot: ListingSnapshot {
        ListingSnapshot(entries: order, ownChanges: ownChanges, arrangement: arrangement)
    }
}

extension NodeTable {
    /// A folder's listing as it is known; nil where it is not.
    func snapshot(of id: NodeID) -> ListingSnapshot? {
        guard let state = directories[id],
            state.knowledge == .complete || self[id]?.isDetached == true
        else { return nil }
        return state.snapshot
    }

    /// The listing that an offset is of; nil where it is neither the one that is known nor among those kept from before.
    func snapshot(of id: NodeID, with offset: Int64) -> ListingSnapshot? {
        if let known = snapshot(of: id), known.position(of: offset) != nil { return known }
        return directories[id]?.formers.first { $0.position(of: offset) != nil }
    }

    /// Where nobody has a folder open, nobody is in the midst of a listing that it had before.
    mutating func forgetFormersUnlessOpen(_ id: NodeID) {
        if openFolders[id] == nil { directories[id]?.forgetFormers() }
    }

    /// A listing as whoever waited for it reads it: as it was entered, or as it came where a newer one was entered before.
    mutating func snapshot(
        of id: NodeID, _ order: [DirectoryState.Entry], _ question: OpenQuestions.Number?
    ) -> ListingSnapshot? {
        guard questions.isSuperseded(question) else { return snapshot(of: id) }
        let snapshot = ListingSnapshot(
            entries: corrected(order, id, question),
            ownChanges: directories[id]?.ownChanges ?? 0,
            arrangement: directories[id]?.nextArrangement() ?? 0)
        directories[id]?.keep(snapshot)
        return snapshot
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
