import Model

/// Folders that are looked at for the catalogue, and by nobody else.
extension NodeTable {
    /// Nothing is forgotten of it until it is looked at; see ``leave(_:keeping:_:)``.
    mutating func beginLook(at id: NodeID) {
        if id != .root { retain(id) }
        if directories[id]?.lastUse == 0 { directories[id]?.isCatalogued = true }
    }

    /// A look at a folder, and at all below it, is over.
    ///
    /// - Parameter knownMax: with more nodes, what nobody has asked for is left to the index.
    mutating func endLook(at id: NodeID, keeping knownMax: Int, _ effects: inout Effects) {
        if known > knownMax, let state = directories[id], state.isCatalogued,
            state.knowledge == .complete, openFolders[id] == nil, !state.isStoredListingGone,
            !state.hasUnstored
        {
            unlist(id, &effects)
        }
        if id != .root { forget(id, count: 1, &effects) }
    }

    /// However its times stand, a folder is listed once a day.
    static let listedAnewAfter = Duration.seconds(86_400)

    /// What is to be done to know a folder's names.
    enum LookStep: Sendable {
        case readIndex(RelativePath)
        /// They may be as they were listed.
        case check
        case list
        /// They are known.
        case none
        case gone
    }

    /// - Parameters:
    ///   - isRead: the index was asked for it, if it was not known.
    ///   - wall: now, as `now`.
    func lookStep(of id: NodeID, isRead: Bool, at now: Duration, wall: Timestamp) -> LookStep {
        guard let path = path(of: id), let state = directories[id] else { return .gone }
        switch state.knowledge {
        case .unread: return isRead ? .list : .readIndex(path)
        case .partial: return .list
        case .complete: break
        }
        guard state.validity.ttl > .zero else { return .list }
        if rules.state(of: state.validity, at: now) == .fresh { return .none }
        // Names may have come in the step of the share's clock in which it was listed.
        let age = now - state.validity.since
        // Not every share moves a folder's time with its names.
        guard age < Self.listedAnewAfter else { return .list }
        let listed = Timestamp(seconds: wall.seconds - age.components.seconds - 1)
        return state.listedAt.isSettled(asOf: listed, seenFor: .zero) ? .check : .list
    }

    /// The share has said of a folder what it is. - Returns: whether its names are as they were listed.
    mutating func confirmNames(
        of id: NodeID, _ found: FileAttributes, askedAt asked: Duration
    ) -> Bool {
        guard let state = directories[id], state.knowledge == .complete,
            state.validity.ttl > .zero, state.listedAt == found.modified
        else { return false }
        directories[id]?.confirmed = rules.renewed(state.namesValidity, changed: false, at: asked)
        return true
    }
}
