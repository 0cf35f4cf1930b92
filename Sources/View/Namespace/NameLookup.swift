import Fuse
import Model
import Platform
import Share
import Synchronization

/// Finds names: in the node table, else in the index, else on the share.
///
/// All methods return at once; answers come through completions, on the caller's thread for what is known, else on an index or share
/// thread. No lock is held while a completion runs.
final class NameLookup: Sendable {
    typealias EntryResult = Result<FuseEntry, Errno>

    let nodes: KnownNodes
    let share: Share
    let upkeep: UpkeepQueue
    private let stored: StoredListings
    private let fetcher: ListingFetcher
    /// When somebody last waited in vain to be sure of a name (monotonic).
    let lostPatienceAt = Mutex<Duration?>(nil)

    init(
        _ nodes: KnownNodes, share: Share, stored: StoredListings, fetcher: ListingFetcher,
        upkeep: UpkeepQueue
    ) {
        self.nodes = nodes
        self.share = share
        self.stored = stored
        self.fetcher = fetcher
        self.upkeep = upkeep
    }

    private enum LookupStep: Sendable {
        case reply(FuseEntry)
        case absent(timeout: Double)
        case readIndex(RelativePath)
        case askShare(ShareLocation, cached: NodeID?)
        /// What is known would do, if it were not for who may want to be sure of it.
        case makeSure(ShareLocation, cached: NodeID)
        /// Listing the folder brings the attributes of all that is in it.
        case refreshFolder(ShareLocation, cached: NodeID?)
        case fail(Errno)
        /// It may be another spelling of these.
        case tellApart([Name])
    }

    /// Finds `name` in `parent`; a found node's lookup count goes up by one.
    ///
    /// - Parameter caller: the thread that asks, or 0 for one that cannot be told from others.
    func lookup(
        parent: NodeID, name: Name, for caller: Int32 = 0,
        completion: @escaping @Sendable (EntryResult) -> Void
    ) {
        guard name.bytes.count <= 255 else { return completion(.failure(.nameTooLong)) }
        lookup(parent, asked: name, isToldApart: false, for: caller, completion)
    }

    /// - Parameter isToldApart: it is this name that is meant, whatever is like it.
    func lookup(
        _ parent: NodeID, asked: Name, isToldApart: Bool, for caller: Int32 = 0,
        _ completion: @escaping @Sendable (EntryResult) -> Void
    ) {
        let now = nodes.now
        var after: [Upkeep] = []
        let wall = nodes.clock.wall
        let isAsked = asked.losesItsEnd && share.scheduler.isReachable
        let (step, name) = nodes.table.withLock { table -> (LookupStep, Name) in
            var name = asked
            if !isToldApart {
                switch table.spelling(of: asked, in: parent) {
                case .asAsked: break
                case .listed(let listed): name = listed
                case .unknown(let others):
                    // The index may list it.
                    guard table[directory: parent]?.knowledge == .unread else {
                        return (.tellApart(others), asked)
                    }
                }
            }
            let step = lookupStep(
                &table, parent, name, isAsked: isAsked, for: caller, at: now, wall: wall,
                upkeep: &after)
            return (step, name)
        }
        let completion = name == asked ? completion : Self.believingNothing(completion)
        nodes.counters.withLock { counters in
            counters.lookups += 1
            switch step {
            case .reply, .absent: counters.cachedLookups += 1
            default: break
            }
        }
        for work in after { upkeep.add(work) }
        switch step {
        case .reply(let entry): completion(.success(entry))
        case .absent(let timeout): completion(.success(.negative(timeout: timeout)))
        case .fail(let errno): completion(.failure(errno))
        case .readIndex(let path):
            stored.readIndex(parent, path) {
                self.lookup(
                    parent, asked: name, isToldApart: isToldApart, for: caller, completion)
            }
        case .tellApart(let others): tellApart(parent, asked, others, completion: completion)
        case .askShare(let location, let cached):
            ask(parent, name, location, cached: cached, completion: completion)
        case .makeSure(let location, let cached):
            makeSure(parent, name, location, cached, completion)
        case .refreshFolder(let location, let cached):
            refreshFolder(parent, name, location, cached: cached, completion)
        }
    }

    /// Lists the folder first, and asks for the name where that says nothing of it.
    private func refreshFolder(
        _ parent: NodeID, _ name: Name, _ location: ShareLocation, cached: NodeID?,
        _ completion: @escaping @Sendable (EntryResult) -> Void
    ) {
        fetcher.refreshFolder(parent) { [self] in
            let now = nodes.now
            let entry = nodes.table.withLock { table -> FuseEntry? in
                guard let id = table[directory: parent]?.children[name], let node = table[id],
                    table.state(of: node, at: now) != .expired
                else { return nil }
                table.retain(id)
                return KnownNodes.entry(&table, id, at: now)
            }
            if let entry { return completion(.success(entry)) }
            ask(parent, name, location, cached: cached, completion: completion)
        }
    }

    /// - Parameter isAsked: the share may know the name, though its listing has another in its place.
    private func lookupStep(
        _ table: inout NodeTable, _ parent: NodeID, _ name: Name, isAsked: Bool,
        for caller: Int32, at now: Duration, wall: Timestamp, upkeep: inout [Upkeep]
    ) -> LookupStep {
        guard table.isKnown(parent), let path = table.path(of: parent) else { return .fail(.stale) }
        guard let state = table[directory: parent] else { return .fail(.notDirectory) }
        table.touch(parent)
        if let id = state.children[name], table.isKnown(id) {
            table.prefer(Node.Place(parent: parent, name: name), of: id)
        }
        if let id = state.children[name], let node = table[id] {
            if table.isToBeSure(id, for: caller, at: now, wall: wall),
                let location = table.location(of: parent, name)
            {
                return .makeSure(location, cached: id)
            }
            return knownStep(&table, parent, name, id, node, for: caller, at: now, &upkeep)
        }
        switch state.knowledge {
        case .unread: return .readIndex(path)
        // Listed, and nothing more is known.
        case .complete where state.nameOnly.contains(name):
            return Self.askShare(table, parent, name)
        // A listing does not say that there is no such name.
        case .complete where isAsked:
            if let absent = Self.absent(&table, parent, name, at: now) { return absent }
            return Self.askShare(table, parent, name)
        case .complete:
            switch table.rules.state(of: state.namesValidity, at: now) {
            case .fresh: break
            case .aging:
                upkeep = [.list(parent)]
                // A client may list what it remembers while it would know the name if it were asked.
                if !share.nature.isLocal { upkeep.append(.lookFor(parent, name)) }
            case .expired: return Self.askShare(table, parent, name)
            }
            let place = Node.Place(parent: parent, name: name)
            return .absent(timeout: table.absent(place, state.namesValidity, at: now))
        case .partial:
            if let absent = Self.absent(&table, parent, name, at: now) { return absent }
            table[directory: parent]?.coldLookups += 1
            // More are likely (git status, players that look for subtitles), and only listings are in the index:
            // after a restart, and with the share away, the name is still known.
            if table.rules.consistency == .eventual || state.coldLookups >= 1 {
                upkeep = [.list(parent)]
            }
            return Self.askShare(table, parent, name)
        }
    }

    /// For a name that is known.
    private func knownStep(
        _ table: inout NodeTable, _ parent: NodeID, _ name: Name, _ id: NodeID, _ node: Node,
        for caller: Int32, at now: Duration, _ upkeep: inout [Upkeep]
    ) -> LookupStep {
        switch table.state(of: node, at: now) {
        case .fresh: break
        case .aging:
            table[directory: parent]?.agingLookups += 1
            upkeep = [.revalidate(id)]
        case .expired:
            guard let location = table.location(of: parent, name) else { return .fail(.stale) }
            if table.mayRefreshFolder(of: id) { return .refreshFolder(location, cached: id) }
            if table.mayBeSweptThrough(parent) { upkeep = [.list(parent)] }
            return .askShare(location, cached: id)
        }
        table.noteAnswer(of: id, to: caller, at: now)
        table.retain(id)
        return .reply(KnownNodes.entry(&table, id, at: now))
    }

    /// Where the share has said so lately.
    private static func absent(
        _ table: inout NodeTable, _ parent: NodeID, _ name: Name, at now: Duration
    ) -> LookupStep? {
        guard let absence = table[directory: parent]?.absent[name],
            table.rules.state(of: absence.validity, at: now) == .fresh
        else { return nil }
        let place = Node.Place(parent: parent, name: name)
        return .absent(timeout: table.absent(place, absence.validity, at: now))
    }

    private static func askShare(
        _ table: borrowing NodeTable, _ parent: NodeID, _ name: Name
    ) -> LookupStep {
        table.location(of: parent, name).map { .askShare($0, cached: nil) } ?? .fail(.stale)
    }

    func ask(
        _ parent: NodeID, _ name: Name, _ location: ShareLocation, cached: NodeID?,
        attempt: Int = 0, completion: @escaping @Sendable (EntryResult) -> Void
    ) {
        let place = Node.Place(parent: parent, name: name)
        let question = nodes.table.withLock { $0.questions.ask(.name(place)) }
        share.attributes(of: location) { [self] result in
            let now = nodes.now
            var effects = NodeTable.Effects()
            let answer = nodes.table.withLock { table -> EntryResult? in
                let isOvertaken =
                    table.questions.close(question)
                    || (result.isFailure && table.isBeingMoved(parent))
                guard table.isKnown(parent) else { return .failure(.stale) }
                if case .failure(.stale) = result {
                    table.distrustFolders(above: parent, &effects)
                }
                if isOvertaken, attempt < OpenQuestions.overtakenMax { return nil }
                switch result {
                case .success(let attributes):
                    let id = found(place, attributes, &table, at: now, &effects)
                    if isOvertaken { table.markStale(id, at: now, &effects) }
                    return .success(KnownNodes.entry(&table, id, at: now))
                case .failure(.noSuchFile):
                    let timeout = table.enterAbsent(place, at: now, &effects)
                    return .success(.negative(timeout: timeout))
                case .failure(let errno):
                    // A share that cannot be reached is not a share whose files are gone.
                    guard !errno.isAboutFile, let cached, table.isKnown(cached) else {
                        return .failure(errno)
                    }
                    table.retain(cached)
                    return .success(KnownNodes.entry(&table, cached, at: now))
                }
            }
            nodes.apply(effects)
            if let answer { return completion(answer) }
            // The change may have made it known, or have moved the folder.
            let (known, location) = nodes.table.withLock { table in
                (table[directory: parent]?.children[name], table.location(of: parent, name))
            }
            guard let location else { return completion(.failure(.stale)) }
            ask(
                parent, name, location, cached: known, attempt: attempt + 1, completion: completion)
        }
    }

    /// The share has this of the name, and the kernel is about to be told.
    func found(
        _ place: Node.Place, _ attributes: FileAttributes, _ table: inout NodeTable,
        at now: Duration, _ effects: inout NodeTable.Effects
    ) -> NodeID {
        let told = table[directory: place.parent]?.children[place.name].flatMap(table.toldSize)
        let id = table.enter(place, attributes, validity: nil, at: now, &effects)
        nodes.tellLater(effects.takeNotice(of: id, told, attributes))
        table.retain(id)
        table.trim(sparing: place.parent, &effects)
        return id
    }
}
