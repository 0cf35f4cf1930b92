import Foresight
import Model
import Platform
import Share
import Tiers
import Synchronization

/// Folders: opening them, listing them on the share, and listing ahead of somebody who walks the tree.
///
/// All methods return at once; answers come through completions, on the caller's thread for what is known, else on an index or share
/// thread.
final class ListingFetcher: Sendable {
    typealias ListingResult = Result<ListingSnapshot, Errno>

    let nodes: KnownNodes
    let stored: StoredListings
    let upkeep: UpkeepQueue
    let share: Share
    let log: Log
    private let walk = Mutex(WalkPredictor())
    let rightsSweep = Mutex(RightsSweep())
    /// Listings under way, and who waits for each: single flight.
    private let underWay = Mutex<[NodeID: ListingFlight]>([:])

    init(
        _ nodes: KnownNodes, share: Share, stored: StoredListings, upkeep: UpkeepQueue, log: Log
    ) {
        self.nodes = nodes
        self.share = share
        self.stored = stored
        self.upkeep = upkeep
        self.log = log
    }

    fileprivate enum OpenStep: Sendable {
        case ready(ListingSnapshot)
        case readIndex(RelativePath)
        case list
        case fail(Errno)
    }

    /// Calls `completion` with the folder's listing.
    func openDirectory(_ id: NodeID, completion: @escaping @Sendable (ListingResult) -> Void) {
        let now = nodes.now
        var work: Upkeep?
        let step = nodes.table.withLock { table -> OpenStep in
            guard table.isKnown(id), let node = table[id] else { return .fail(.stale) }
            guard let state = table[directory: id] else { return .fail(.notDirectory) }
            table.touch(id)
            let known = state.snapshot
            guard let path = table.path(of: id) else {
                // Removed on the share while open here: an empty folder, as on a local disk.
                return node.isDetached ? .ready(known) : .fail(.stale)
            }
            switch state.knowledge {
            case .unread: return .readIndex(path)
            case .partial: return .list
            case .complete:
                switch nodes.rules.state(of: state.namesValidity, at: now) {
                case .fresh: return .ready(known)
                case .aging:
                    work = .list(id)
                    return .ready(known)
                case .expired: return .list
                }
            }
        }
        if case .readIndex = step {} else { countListing(cached: step.isReady) }
        if let work { upkeep.add(work) }
        switch step {
        case .fail(let errno): completion(.failure(errno))
        case .ready(let listing):
            completion(.success(listing))
            lookAhead(of: id)
        case .readIndex(let path):
            stored.readIndex(id, path) { self.openDirectory(id, completion: completion) }
        case .list:
            list(id, urgency: .demand) { [self] result in
                switch result {
                case .success(let listing): completion(.success(listing))
                case .failure(let errno):
                    // What is known is better than nothing while the share cannot be reached.
                    let known =
                        errno.isAboutFile ? nil : nodes.table.withLock { $0.snapshot(of: id) }
                    completion(known.map { .success($0) } ?? .failure(errno))
                }
                lookAhead(of: id)
            }
        }
    }

    private func countListing(cached: Bool) {
        nodes.counters.withLock { counters in
            counters.listings += 1
            if cached { counters.cachedListings += 1 }
        }
    }

    /// A listing that was asked of the share.
    struct ListingFlight: Sendable {
        /// Nil until the share is asked.
        var listing: DirectoryListing?
        var waiters: [@Sendable (ListingResult) -> Void]
        /// Somebody waits for it now.
        var isPromoted = false
    }

    /// Lists a folder on the share and takes the result in.
    ///
    /// Who comes while a listing is under way waits for that one; but not in `strict`, where it may have begun
    /// before the change that its opener must see.
    func list(
        _ id: NodeID, urgency: ShareScheduler.Urgency,
        completion: @escaping @Sendable (ListingResult) -> Void
    ) {
        let location = nodes.table.withLock { table in
            table[directory: id] == nil ? nil : table.location(of: id)
        }
        guard let location else { return completion(.failure(.stale)) }
        begin(id, location, urgency, completion)
    }

    /// What becomes of a listing for upkeep.
    enum Renewal: Sendable {
        case begun
        /// The folder was listed lately, for what that takes, and yet too long ago to be believed unseen.
        case isPutOff
        /// It was listed just now, or is not there any more.
        case isNeedless
    }

    /// Lists a folder anew behind the backs of those who look, unless that was done lately.
    func renew(_ id: NodeID) -> Renewal {
        let now = nodes.now
        let (location, isTooSoon, age) = nodes.table.withLock {
            table -> (ShareLocation?, Bool, Duration) in
            guard let location = table.location(of: id), let state = table[directory: id] else {
                return (nil, false, .zero)
            }
            return (location, isRecent(id, state, table, at: now), now - state.validity.since)
        }
        guard let location else { return .isNeedless }
        guard !isTooSoon else {
            return age > nodes.rules.propagationDelay ? .isPutOff : .isNeedless
        }
        begin(id, location, .background, nil)
        return .begun
    }

    private func begin(
        _ id: NodeID, _ location: ShareLocation, _ urgency: ShareScheduler.Urgency,
        _ completion: (@Sendable (ListingResult) -> Void)?
    ) {
        if nodes.rules.consistency == .eventual, join(id, urgency, completion) { return }
        if urgency == .background { nodes.counters.withLock { $0.revalidations += 1 } }
        list(id, location, urgency, attempt: 0, completion)
    }

    /// - Parameter attempt: counts from 0 how often the folder was looked for in vain, since one above it was being renamed.
    private func list(
        _ id: NodeID, _ location: ShareLocation, _ urgency: ShareScheduler.Urgency, attempt: Int,
        _ completion: (@Sendable (ListingResult) -> Void)?
    ) {
        let start = nodes.now
        let question = nodes.table.withLock { $0.questions.ask(.listing(id)) }
        let assembly = Mutexed(
            ListingAssembly(id: id, path: location.path, question: question, since: start))
        let listing = share.list(
            location, urgency: urgency,
            relocate: { [self] in nodes.table.withLock { $0.location(of: id) } }
        ) { [self] batch in
            take(batch, into: assembly)
        } completion: { [self] result in
            let outcome = finish(
                assembly.withLock { $0 }, result, isLast: attempt >= OpenQuestions.overtakenMax)
            // The last holder of what may be much.
            assembly.withLock { $0.order = [] }
            guard let outcome else {
                let location = nodes.table.withLock { $0.location(of: id) } ?? location
                return list(id, location, urgency, attempt: attempt + 1, completion)
            }
            if nodes.rules.consistency == .strict { completion?(outcome) }
            let flight = underWay.withLock { $0.removeValue(forKey: id) }
            for waiter in flight?.waiters ?? [] { waiter(outcome) }
        }
        let isPromoted = underWay.withLock { flights in
            flights[id]?.listing = listing
            return flights[id]?.isPromoted ?? false
        }
        if isPromoted { listing.promote() }
    }

    /// - Returns: false when there was no listing under way; there is one now, and the caller starts it.
    private func join(
        _ id: NodeID, _ urgency: ShareScheduler.Urgency,
        _ completion: (@Sendable (ListingResult) -> Void)?
    ) -> Bool {
        let (isJoined, listing) = underWay.withLock {
            flights -> (Bool, DirectoryListing?) in
            let waiters = completion.map { [$0] } ?? []
            guard flights[id] != nil else {
                flights[id] = ListingFlight(listing: nil, waiters: waiters)
                return (false, nil)
            }
            flights[id]?.waiters += waiters
            if urgency == .demand { flights[id]?.isPromoted = true }
            return (true, flights[id]?.listing)
        }
        if isJoined, urgency == .demand { listing?.promote() }
        return isJoined
    }

    /// Whether it is too soon for upkeep to list a folder again.
    func isRecentlyListed(_ id: NodeID) -> Bool {
        let now = nodes.now
        return nodes.table.withLock { table in
            table[directory: id].map { isRecent(id, $0, table, at: now) } ?? false
        }
    }

    /// Large folders are listed again after ten times what listing takes, at the soonest; but not where names may have come in
    /// the step of the share's clock in which the folder was listed, and its modification time would not say so.
    private func isRecent(
        _ id: NodeID, _ state: DirectoryState, _ table: borrowing NodeTable, at now: Duration
    ) -> Bool {
        guard state.knowledge == .complete, state.validity.ttl > .zero else { return false }
        // What was changed through the view is looked at soon; large folders take their time all the same.
        let delay = state.hasOwnChanges ? .zero : nodes.rules.propagationDelay
        let age = now - state.validity.since
        guard age >= delay, let node = table[id] else { return age < delay }
        guard age < state.listingCost * 10 else { return false }
        // A second earlier at most than it was.
        let askedAt = Timestamp(seconds: nodes.clock.wall.seconds - age.components.seconds - 1)
        return Fingerprint(size: 0, modified: state.listedAt)
            .isSettled(asOf: askedAt, seenFor: node.seenFor(at: now) - age)
    }

    func vanished(_ id: NodeID) {
        var effects = NodeTable.Effects()
        let now = nodes.now
        nodes.table.withLock { table in
            guard id != .root, let place = table[id]?.place else { return }
            table.enterAbsent(place, at: now, &effects)
        }
        nodes.apply(effects)
    }

    // MARK: - Ahead of a walk

    /// Somebody opened this folder: the folders inside it are likely to be next.
    private func lookAhead(of id: NodeID) {
        let now = nodes.now
        // What strict would ask for again anyway needs no fetching ahead.
        guard nodes.rules.consistency == .eventual else { return }
        let ahead = walk.withLock { $0.opened(at: now) }
        // The share is asked for what is in nobody's cache; what is cached may grow old in peace.
        listChildren(of: id, atMost: ahead)
    }

    private func listChildren(of id: NodeID, atMost ahead: Int) {
        let unlisted = nodes.table.withLock { table -> [(NodeID, RelativePath)] in
            guard let state = table[directory: id], let path = table.path(of: id) else { return [] }
            var found: [(NodeID, RelativePath)] = []
            for entry in state.order where found.count < ahead {
                guard entry.isDirectory, let inside = table[directory: entry.node],
                    inside.knowledge != .complete,
                    !table.questions.isBeingListed(entry.node)
                else { continue }
                found.append((entry.node, path.appending(entry.name)))
            }
            return found
        }
        for (child, path) in unlisted {
            let isUnread = nodes.table.withLock { $0[directory: child]?.knowledge == .unread }
            if isUnread {
                stored.readIndex(child, path) { self.listAhead(child) }
            } else {
                listAhead(child)
            }
        }
    }

    /// Lists a folder that somebody is about to reach; nothing to do where its listing is known.
    func listAhead(_ id: NodeID) {
        let isMissing = nodes.table.withLock { table in
            guard let state = table[directory: id] else { return false }
            return state.knowledge == .partial && !table.questions.isBeingListed(id)
        }
        guard isMissing, share.scheduler.statistics.waiting < WalkPredictor.aheadOfWalk else {
            return
        }
        nodes.counters.withLock { $0.listingsAhead += 1 }
        list(id, urgency: .prefetch) { [self] result in
            // While the walk goes on, stay ahead of it into the depth.
            let isWalking = walk.withLock { $0.isWalking(at: nodes.now) }
            if case .success = result, isWalking {
                listChildren(of: id, atMost: WalkPredictor.aheadOfWalk)
            }
        }
    }
}

extension ListingFetcher.OpenStep {
    fileprivate var isReady: Bool {
        if case .ready = self { return true }
        return false
    }
}
