import Model
import Platform
import Share
import Tiers

/// Takes in listings, from the share and from the index.
extension NodeTable {
    /// Merges one batch of a listing: batches, so that the lock is held shortly. - Returns: the entries with
    /// their nodes.
    ///
    /// - Parameter question: with which the listing was asked for; names that were changed through the view since are
    ///   as the table has them.
    /// - Parameter fetchedAt: when the index's listing was made, by the wall clock.
    mutating func merge(
        _ batch: some Collection<StoredListing.Entry>, into parent: NodeID,
        question: OpenQuestions.Number? = nil, validity: Validity?, fetchedAt: Timestamp? = nil,
        at now: Duration, _ effects: inout Effects
    ) -> [DirectoryState.Entry] {
        guard isKnown(parent) else { return [] }
        let overtaken = questions.overtakenNames(question)
        if questions.isSuperseded(question) {
            // For whoever waits for it, and for nobody else.
            return batch.map {
                DirectoryState.Entry(
                    name: $0.name, node: directories[parent]?.children[$0.name] ?? .none,
                    $0.attributes)
            }
        }
        return batch.compactMap { entry in
            if overtaken.contains(entry.name) { return self.entry(entry.name, in: parent) }
            if entry.isNameOnly { return enterNameOnly(entry, in: parent) }
            let id = enter(
                Node.Place(parent: parent, name: entry.name), entry.attributes,
                linkTarget: entry.linkTarget, validity: validity, at: now, &effects)
            if let fetchedAt {
                adopt(
                    entry.extendedAttributes, for: id, changed: entry.attributes.changed,
                    asOf: fetchedAt)
            }
            return DirectoryState.Entry(
                name: entry.name, node: id, self[id]?.attributes ?? entry.attributes)
        }
    }

    /// What is known of a name; nil for nothing.
    private func entry(_ name: Name, in parent: NodeID) -> DirectoryState.Entry? {
        guard let state = directories[parent] else { return nil }
        if let id = state.children[name], let node = self[id] {
            return DirectoryState.Entry(name: name, node: id, node.attributes)
        }
        // Rarely asked for, so that a search will do.
        return state.nameOnly.contains(name) ? state.order.first { $0.name == name } : nil
    }

    /// A name of which the share gave no attributes: what is known of it stays as old as it is.
    private mutating func enterNameOnly(
        _ entry: StoredListing.Entry, in parent: NodeID
    ) -> DirectoryState.Entry {
        if let id = directories[parent]?.children[entry.name], let node = self[id] {
            return DirectoryState.Entry(name: entry.name, node: id, node.attributes)
        }
        directories[parent]?.found(entry.name)
        directories[parent]?.nameOnly.insert(entry.name)
        directories[parent]?.noteSpelling(entry.name)
        return DirectoryState.Entry(name: entry.name, node: .none, entry.attributes)
    }

    /// The listing with what was changed through the view while it was fetched.
    func corrected(
        _ order: [DirectoryState.Entry], _ parent: NodeID, _ question: OpenQuestions.Number?
    ) -> [DirectoryState.Entry] {
        var overtaken = questions.overtakenNames(question)
        guard !overtaken.isEmpty else { return order }
        let corrected = order.compactMap { entry -> DirectoryState.Entry? in
            overtaken.remove(entry.name) == nil ? entry : self.entry(entry.name, in: parent)
        }
        return corrected + overtaken.compactMap { self.entry($0, in: parent) }
    }

    /// All entries are merged: what the listing lacks is gone from the share.
    ///
    /// - Returns: whether names were added or removed since the last listing.
    @discardableResult
    mutating func finishListing(
        _ parent: NodeID, _ order: [DirectoryState.Entry], question: OpenQuestions.Number? = nil,
        directory attributes: FileAttributes, validity: Validity?, cost: Duration, at now: Duration,
        _ effects: inout Effects
    ) -> Bool {
        let order = corrected(order, parent, question)
        guard directories[parent] != nil else { return false }
        // What is older does not take back what a later answer has brought.
        if questions.isSuperseded(question) { return false }
        if validity == nil { questions.supersede(parent, by: question) }
        questions.entered(question)
        let names = settleNames(parent, order, validity, at: now, &effects)
        guard var state = directories[parent] else { return false }
        // Another file under the same name counts: the kernel may have read the listing while it had neither.
        let hasChanged = state.knowledge != .complete || names != state.order
        if hasChanged { state.list(names) }
        state.removedNames.removeAll()
        state.hasOwnChanges = false
        let wasComplete = state.knowledge == .complete
        if hasChanged {
            state.version += 1
            if state.versionInKernel != nil { effects.notices.append(.inode(parent)) }
        }
        // A name that the kernel was told to be absent may have come.
        if !state.absent.isEmpty {
            for entry in names where state.absent[entry.name] != nil {
                effects.notices.append(.entry(parent: parent, name: entry.name))
            }
        }
        state.knowledge = .complete
        state.settleAbsent(at: now)
        state.listedAt = attributes.modified
        state.validity =
            validity
            ?? (wasComplete
                ? rules.renewed(renewable(state.validity), changed: hasChanged, at: now)
                : rules.initial(at: now))
        state.confirmed = nil
        state.isForgotten = false
        state.coldLookups = 0
        state.agingLookups = 0
        state.listingCost = cost
        directories[parent] = state
        forgetFormersUnlessOpen(parent)
        // What was listed ahead of somebody is about to be used.
        if !state.isCatalogued { touch(parent) }
        // It was spared while it came, and may be more than there is room for.
        trimmedAt = min(trimmedAt, max(knownMax, known - order.count) + hysteresis)
        trim(sparing: parent, &effects)
        return hasChanged
    }

    /// Holds the names of a listing, all of which are merged, against what the folder has by now: what the listing lacks is
    /// gone, and what was forgotten while it came is there by its name.
    ///
    /// A name that the share has told of by itself, and that no listing has had yet or that was asked for since this one was,
    /// may be younger than the listing, which the share's client may have from before. It is asked for at its next look.
    ///
    /// - Parameters:
    ///   - validity: of a listing from the index, which knows nothing of what the share has said since.
    ///   - start: when the listing was asked for.
    /// - Returns: the names that the listing leaves, each of which is in `children` or in `nameOnly`.
    private mutating func settleNames(
        _ parent: NodeID, _ order: [DirectoryState.Entry], _ validity: Validity?,
        at start: Duration, _ effects: inout Effects
    ) -> [DirectoryState.Entry] {
        guard let before = directories[parent] else { return order }
        var nameOnly: Set<Name> = []
        // Its node may be there all the same: by another of a file's names, or since somebody has it open that an older listing,
        // which came to its end meanwhile, has taken the name from.
        var known = 0
        for entry in order {
            if before.children[entry.name] != nil {
                known += 1
            } else if before.absent[entry.name] == nil {
                nameOnly.insert(entry.name)
            }
        }
        directories[parent]?.nameOnly = nameOnly
        // What is listed now, is; the rest of them is told of below.
        directories[parent]?.unlisted = []
        let late =
            before.unlisted.isEmpty ? 0 : order.count { before.unlisted.contains($0.name) }
        guard
            late != before.unlisted.count || before.children.count != known
                || order.count != known + nameOnly.count
        else { return order }
        var listed = Set<Name>(minimumCapacity: order.count)
        for entry in order { listed.insert(entry.name) }
        var names = order
        var unlisted: Set<Name> = []
        let missing = before.children.filter { !listed.contains($0.key) }
        let adopted = adoptSpellings(Set(missing.keys), in: parent, of: &names, &effects)
        for (name, id) in missing where !adopted.contains(name) {
            let place = Node.Place(parent: parent, name: name)
            let isUnlisted = before.knowledge != .complete || before.unlisted.contains(name)
            if let validity, let node = self[id], node.validity.since >= validity.since {
                names.append(DirectoryState.Entry(name: name, node: id, node.attributes))
            } else if isUnlisted || lastAnswer(of: place, id) > start {
                distrust(place, of: id, &effects)
                unlisted.insert(name)
            } else {
                detach(place, &effects)
            }
        }
        directories[parent]?.unlisted = unlisted
        guard let state = directories[parent],
            state.children.count - unlisted.count != names.count - nameOnly.count
        else { return names }
        // Others are gone since they were listed.
        return names.filter { state.children[$0.name] != nil || nameOnly.contains($0.name) }
    }

    /// A TTL of zero only said that the folder had changed; it starts again from the rule's.
    private func renewable(_ validity: Validity) -> Validity {
        validity.ttl == .zero ? Validity(since: validity.since, ttl: rules.attributeTTL) : validity
    }
}
