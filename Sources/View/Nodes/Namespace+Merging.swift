import Model
import Platform
import Share
import Synchronization
import Tiers

/// From the share's listings, and the index's, into the table; and from the table into the index.
extension Namespace {
    /// From so many entries on, what a listing took for a moment is given back to the kernel.
    static let largeListing = 10_000
    /// Entries that are merged, or copied, under one hold of the table's lock: lookups get in between.
    private static let mergedAtOnce = 512

    /// Merges a part of a listing, and does what that asks for.
    ///
    /// - Returns: the entries with their nodes.
    func merge(
        _ entries: [StoredListing.Entry], into directory: NodeID,
        question: OpenQuestions.Number? = nil, validity: Validity?, fetchedAt: Timestamp? = nil,
        at now: Duration
    ) -> [DirectoryState.Entry] {
        var order: [DirectoryState.Entry] = []
        order.reserveCapacity(entries.count)
        var rest = entries[...]
        while !rest.isEmpty {
            let batch = rest.prefix(Self.mergedAtOnce)
            rest = rest.dropFirst(batch.count)
            var effects = NodeTable.Effects()
            order += table.withLock { table in
                defer { table.trim(sparing: directory, &effects) }
                return table.merge(
                    batch, into: directory, question: question, validity: validity,
                    fetchedAt: fetchedAt, at: now, &effects)
            }
            apply(effects)
        }
        return order
    }

    /// All of a listing is merged.
    ///
    /// - Parameters:
    ///   - isWhole: false where the folder may have names that are not listed: what was listed is shown to whoever opened
    ///     the folder, and of nothing else is it said that it is not there.
    ///   - before: done in the same moment.
    /// - Returns: what whoever waits for it is to read.
    @discardableResult
    func finish(
        _ directory: NodeID, _ order: [DirectoryState.Entry],
        question: OpenQuestions.Number? = nil, directory attributes: FileAttributes,
        validity: Validity?, cost: Duration, at now: Duration, isWhole: Bool = true,
        before: (inout NodeTable, inout NodeTable.Effects) -> Void = { _, _ in }
    ) -> ListingSnapshot? {
        var effects = NodeTable.Effects()
        let snapshot = table.withLock { table -> ListingSnapshot? in
            before(&table, &effects)
            table.finishListing(
                directory, order, question: question, directory: attributes, validity: validity,
                cost: cost, at: now, &effects)
            defer { if !isWhole { table[directory: directory]?.knowledge = .partial } }
            return table.snapshot(of: directory, order, question)
        }
        apply(effects)
        return snapshot
    }

    /// Stores a listing that has just come, unless the view changes something of it meanwhile.
    ///
    /// - Parameter question: with which it was asked for; closed here.
    func store(_ id: NodeID, directory: FileAttributes, _ question: OpenQuestions.Number) {
        let ttl = table.withLock { $0[directory: id]?.validity.ttl } ?? .zero
        let entries = listings == nil ? nil : storable(id)
        let ofRoot = knowledgeOfRoot(id)
        table.withLock { table in
            let isWhole =
                table.questions.overtakenNames(question).isEmpty
                && !table.questions.isSuperseded(question)
            _ = table.questions.close(question)
            // By the name that it has now.
            guard isWhole, let listings, let path = table.path(of: id) else { return }
            guard let entries else { return listings.remove(path, recursively: false) }
            table[directory: id]?.isStoredListingGone = false
            // In the same moment: a change that is entered next takes it out again, and must not do so before.
            listings.put(
                path,
                StoredListing(
                    directory: directory, entries: entries, fetchedAt: clock.wall,
                    ttl: UInt32(clamping: ttl.components.seconds), extendedAttributes: ofRoot))
        }
    }

    /// Gives back what is known at and below a path and nobody refers to.
    func forgetInside(of path: RelativePath) {
        change { table, _, effects in
            if let id = table.node(at: path) { table.forgetInside(of: id, &effects) }
        }
        perform(.giveBack)
    }

    /// Stores a folder's listing as the table has it, no younger than it is.
    func storeAgain(_ id: NodeID) {
        let (now, wall) = (now, clock.wall)
        let since = table.withLock { table in
            table[directory: id]?.lastStored = now
            table[directory: id]?.hasUnstored = false
            return table[directory: id]?.validity.since
        }
        let ofRoot = knowledgeOfRoot(id)
        guard let entries = storable(id) else { return }
        table.withLock { table in
            guard let path = table.path(of: id), let state = table[directory: id],
                state.knowledge == .complete, var directory = table[id]?.attributes,
                // Another listing has come meanwhile, and was stored.
                state.validity.since == since,
                // What was changed since is for the next listing to bring.
                !state.isStoredListingGone
            else { return }
            directory.modified = state.listedAt
            let age = (now - state.validity.since).components.seconds + 1
            let fetchedAt = Timestamp(seconds: wall.seconds - age)
            let ttl = UInt32(clamping: state.validity.ttl.components.seconds)
            // In the same moment, as in ``store(_:directory:_:)``.
            listings?.put(
                path,
                StoredListing(
                    directory: directory, entries: entries, fetchedAt: fetchedAt, ttl: ttl,
                    extendedAttributes: ofRoot))
        }
    }

    /// What is known of other folders' own extended attributes is in the listings that name them.
    private func knowledgeOfRoot(_ id: NodeID) -> AttributeKnowledge {
        guard id == .root else { return AttributeKnowledge() }
        return table.withLock { $0.attributeKnowledge(of: .root) }
    }

    /// A folder's entries as the index keeps them; nil where they are not all known, or too many.
    private func storable(_ id: NodeID) -> [StoredListing.Entry]? {
        let order = table.withLock { table -> [DirectoryState.Entry]? in
            guard let state = table[directory: id], state.knowledge == .complete else { return nil }
            return state.order
        }
        guard let order, order.count <= ListingStore.entriesMax else { return nil }
        var entries: [StoredListing.Entry] = []
        entries.reserveCapacity(order.count)
        var rest = order[...]
        while !rest.isEmpty {
            let batch = rest.prefix(Self.mergedAtOnce)
            rest = rest.dropFirst(batch.count)
            let isKnown = table.withLock { table in
                guard table[directory: id]?.knowledge == .complete else { return false }
                entries.append(contentsOf: batch.compactMap { table.storable($0, in: id) })
                return true
            }
            // Forgotten meanwhile: what is missing is not gone.
            guard isKnown else { return nil }
        }
        return entries
    }
}

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
    fileprivate func storable(
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
