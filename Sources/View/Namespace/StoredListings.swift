import Model
import Platform
import Synchronization
import Tiers

/// Listings in the index: read back at the first look into a folder, and stored when the share has told one, or something of what is in
/// it. None without a disk tier.
///
/// Threads: any; answers come on an index thread, or at once.
final class StoredListings: Sendable {
    private let nodes: KnownNodes
    private let disk: DiskTier?
    private let listings: ListingStore?
    private let upkeep: UpkeepQueue
    /// The share's lanes must not wait for the local disk.
    private let pool: PatientPool

    init(_ nodes: KnownNodes, disk: DiskTier?, upkeep: UpkeepQueue) {
        self.nodes = nodes
        self.disk = disk
        self.upkeep = upkeep
        listings = disk?.listings
        pool = PatientPool(
            name: "index-read", threads: 2, queueMax: 4096, patience: DiskTier.loadPatience)
    }

    func stop() {
        for id in nodes.table.withLock({ $0.foldersToStore }) { storeAgain(id) }
        pool.stop()
    }

    /// Whether it takes what is found beyond what people look at.
    var room: ListingStore.Room { listings?.room ?? .none }

    // MARK: - Reading

    /// Brings a folder's listing from the index, then calls `completion`, found or not.
    func readIndex(
        _ directory: NodeID, _ path: RelativePath, completion: @escaping @Sendable () -> Void
    ) {
        guard let listings else {
            markRead(directory)
            return completion()
        }
        let question = nodes.table.withLock {
            $0.questions.ask(.listing(directory), isOfIndex: true)
        }
        let ticket = pool.submit(urgent: false) {
            listings.listing(of: path)
        } completion: { [self] found in
            // Too slow a disk has none.
            if let stored = found ?? nil { take(stored, into: directory, question) }
            _ = nodes.table.withLock { $0.questions.close(question) }
            markRead(directory)
            completion()
        }
        if ticket == nil {
            _ = nodes.table.withLock { $0.questions.close(question) }
            markRead(directory)
            completion()
        }
    }

    private func markRead(_ directory: NodeID) {
        nodes.table.withLock { table in
            if table[directory: directory]?.knowledge == .unread {
                table[directory: directory]?.knowledge = .partial
            }
        }
    }

    /// - Parameter question: asked before the index was: what was changed through the view since is not in it.
    private func take(
        _ stored: StoredListing, into directory: NodeID, _ question: OpenQuestions.Number
    ) {
        let now = nodes.now
        let age = max(0, nodes.clock.wall.seconds(since: stored.fetchedAt))
        var validity = Validity(
            since: now - .seconds(age),
            ttl: min(FreshnessRules.ttlMax, .seconds(Int64(stored.ttl))))
        let path = nodes.table.withLock { $0.path(of: directory) } ?? RelativePath()
        let doubt = disk?.listingsDistrustedBefore(at: path)
        if let doubt, stored.fetchedAt <= doubt || nodes.clock.wall < stored.fetchedAt {
            // From before a kill that may have swallowed changes, or before somebody wanted all to be asked for anew: served only
            // while the share cannot be asked.
            validity = Validity(since: now - FreshnessRules.ttlMax, ttl: .zero)
        }
        let isOfUse = nodes.table.withLock { table in
            if directory == .root {
                table.adopt(
                    stored.extendedAttributes, for: .root, changed: stored.directory.changed,
                    asOf: stored.fetchedAt)
            }
            return table[directory: directory]?.knowledge == .unread
                && table[directory: directory]?.isStoredListingGone == false
                && !table.questions.isPathChanged(question)
        }
        guard isOfUse else { return }
        let order = nodes.merge(
            stored.entries, into: directory, question: question, validity: validity,
            fetchedAt: stored.fetchedAt, at: now)
        nodes.finish(
            directory, order, question: question, directory: stored.directory, validity: validity,
            cost: .zero, at: now)
        // That was wanted in this moment.
        if disk?.listingsDistrustedBefore(at: path) != doubt { nodes.doubt(below: directory) }
        if stored.entries.count >= KnownNodes.largeListing { upkeep.add(.giveBack) }
    }

    /// A folder's listing as the index has it, for people who ask; nil too where that takes longer. Blocks.
    func listing(of path: RelativePath, within limit: Duration) -> StoredListing? {
        guard let listings else { return nil }
        return withDeadline(limit, thread: "larder-known") { listings.listing(of: path) } ?? nil
    }

    // MARK: - Storing

    /// Listings do not bring where links lead: that is learned one by one, and goes to the index behind the reader's
    /// back, so that links can be followed after a restart while the share is away.
    func learned(linkTarget: [UInt8], of id: NodeID) {
        let parent = nodes.table.withLock { table -> NodeID? in
            guard table.isKnown(id), let node = table[id], node.linkTarget != linkTarget else {
                return nil
            }
            table[id]?.linkTarget = linkTarget
            return node.isDetached ? nil : node.place.parent
        }
        if let parent, listings != nil { upkeep.add(.store(parent)) }
    }

    /// The share has said something of an extended attribute: for the index as well, as ``learned(linkTarget:of:)``.
    ///
    /// - Parameter asked: when it was asked, by either clock.
    func learned(
        _ result: Result<[UInt8], Errno>, _ question: AttributeKnowledge.Question, of id: NodeID,
        changed: Timestamp, at asked: Duration, asOf wall: Timestamp
    ) {
        let now = nodes.now
        let folder = nodes.table.withLock { table -> NodeID? in
            guard
                table.learned(
                    result, question, of: id, changed: changed, at: asked, asOf: wall),
                let folder = id == .root ? .root : table[id]?.place.parent
            else { return nil }
            return table.mayStoreAgain(folder, at: now) ? folder : nil
        }
        if let folder, listings != nil { upkeep.add(.store(folder)) }
    }

    /// How many listings of `path` and the folders below it the index has, without those in `counted`.
    func count(below path: RelativePath, without counted: Set<RelativePath>) -> Int {
        listings?.count(below: path, without: counted) ?? 0
    }

    /// Forgets what lies at and below a path.
    func remove(_ path: RelativePath) {
        listings?.remove(path, recursively: true)
    }

    /// Stores a listing that has just come, unless the view changes something of it meanwhile.
    ///
    /// - Parameter question: with which it was asked for; closed here.
    func store(_ id: NodeID, directory: FileAttributes, _ question: OpenQuestions.Number) {
        let ttl = nodes.table.withLock { $0[directory: id]?.validity.ttl } ?? .zero
        let entries = listings == nil ? nil : storable(id)
        let ofRoot = knowledgeOfRoot(id)
        nodes.table.withLock { table in
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
                    directory: directory, entries: entries, fetchedAt: nodes.clock.wall,
                    ttl: UInt32(clamping: ttl.components.seconds), extendedAttributes: ofRoot))
        }
    }

    /// Stores a folder's listing as the table has it, no younger than it is.
    func storeAgain(_ id: NodeID) {
        let (now, wall) = (nodes.now, nodes.clock.wall)
        let since = nodes.table.withLock { table in
            table[directory: id]?.lastStored = now
            table[directory: id]?.hasUnstored = false
            return table[directory: id]?.validity.since
        }
        let ofRoot = knowledgeOfRoot(id)
        guard let entries = storable(id) else { return }
        nodes.table.withLock { table in
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
        return nodes.table.withLock { $0.attributeKnowledge(of: .root) }
    }

    /// A folder's entries as the index keeps them; nil where they are not all known, or too many.
    private func storable(_ id: NodeID) -> [StoredListing.Entry]? {
        let order = nodes.table.withLock { table -> [DirectoryState.Entry]? in
            guard let state = table[directory: id], state.knowledge == .complete else { return nil }
            return state.order
        }
        guard let order, order.count <= ListingStore.entriesMax else { return nil }
        var entries: [StoredListing.Entry] = []
        entries.reserveCapacity(order.count)
        var rest = order[...]
        while !rest.isEmpty {
            let batch = rest.prefix(KnownNodes.mergedAtOnce)
            rest = rest.dropFirst(batch.count)
            let isKnown = nodes.table.withLock { table in
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
