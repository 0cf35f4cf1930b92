import Foresight
import Fuse
import Model
import Platform
import Share
import Synchronization
import Tiers

/// Names, attributes and listings: answers from the ``NodeTable``, else from the index, else from the share.
///
/// All methods return at once; answers come through completions, on the caller's thread for what is cached,
/// else on an index or share thread. No lock is held while a completion runs.
final class Namespace: Sendable {
    typealias EntryResult = Result<FuseEntry, Errno>

    struct Counters: Sendable {
        var lookups: UInt64 = 0
        var cachedLookups: UInt64 = 0
        var listings: UInt64 = 0
        var cachedListings: UInt64 = 0
        var revalidations: UInt64 = 0
        var listingsAhead: UInt64 = 0
        /// Entries of listings that were left out: what cannot be a name, and what came twice.
        var refusedEntries: UInt64 = 0
        /// Names of listings whose attributes the share would not give.
        var unreadableEntries: UInt64 = 0
    }

    let share: Share
    private let currentRules: Mutex<FreshnessRules>
    /// As they are now; a decision takes them once.
    var rules: FreshnessRules { currentRules.withLock { $0 } }
    let table: Mutex<NodeTable>
    let counters = Mutex(Counters())
    let walk = Mutex(WalkPredictor())
    let rightsSweep = Mutex(RightsSweep())
    let clock: any LarderClock
    let log: Log
    let listings: ListingStore?
    /// Reads listings back from the index; the share's lanes must not wait for the local disk.
    private let indexPool: PatientPool
    let invalidator: Invalidator
    let delays: DelayQueue
    private let cache: ChunkCache
    /// What outlasts the mount; nil without a disk tier.
    private let disk: DiskTier?
    /// Through which nodes can be asked that no name leads to.
    let openFiles = OpenFiles()
    /// Set once, at the end of `init`; holds this weakly.
    private let upkeepQueue = Mutex<UpkeepQueue?>(nil)
    /// Listings under way, and who waits for each: single flight.
    let listingsUnderWay = Mutex<[NodeID: ListingFlight]>([:])
    /// Revalidations of single files under way, so that each runs once.
    private let revalidating = Mutex<Set<NodeID>>([])
    /// Names that are looked for behind readers' backs.
    private let lookedFor = Mutex<Set<Node.Place>>([])
    static let revalidationsMax = 1024
    /// When somebody last waited in vain to be sure of a name (monotonic).
    let lostPatienceAt = Mutex<Duration?>(nil)

    init(
        share: Share, root: FileAttributes, isShared: Bool, rules: FreshnessRules,
        cache: ChunkCache, disk: DiskTier?, invalidator: Invalidator, delays: DelayQueue,
        clock: any LarderClock, log: Log
    ) {
        self.share = share
        self.delays = delays
        currentRules = Mutex(rules)
        self.cache = cache
        self.disk = disk
        self.invalidator = invalidator
        self.clock = clock
        self.log = log
        listings = disk?.listings
        indexPool = PatientPool(
            name: "index-read", threads: 2, queueMax: 4096, patience: DiskTier.loadPatience)
        table = Mutex(
            NodeTable(
                rules: rules, root: root, isShared: isShared, inodesLast: share.nature.inodesLast,
                at: clock.monotonic))
        rememberChangedLinks()
        if let findings = disk?.caseFindings {
            table.withLock { $0.formerCaseFindings = findings }
        }
        let queue = UpkeepQueue(clock: clock) { [weak self] in self?.performNow($0) }
        upkeepQueue.withLock { $0 = queue }
    }

    /// - Parameter rules: as consistent as those before.
    func setRules(_ rules: FreshnessRules) {
        currentRules.withLock { $0 = rules }
        table.withLock { $0.rules = rules }
    }

    func stop() {
        for case .store(let id) in upkeepQueue.withLock({ $0 })?.stop() ?? [] { storeAgain(id) }
        for id in table.withLock({ $0.foldersToStore }) { storeAgain(id) }
        indexPool.stop()
    }

    var now: Duration { clock.monotonic }

    // MARK: - Lookup

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
        let now = now
        var after: [Upkeep] = []
        let wall = clock.wall
        let isAsked = asked.losesItsEnd && share.scheduler.isReachable
        let (step, name) = table.withLock { table -> (LookupStep, Name) in
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
        counters.withLock { counters in
            counters.lookups += 1
            switch step {
            case .reply, .absent: counters.cachedLookups += 1
            default: break
            }
        }
        for upkeep in after { perform(upkeep) }
        switch step {
        case .reply(let entry): completion(.success(entry))
        case .absent(let timeout): completion(.success(.negative(timeout: timeout)))
        case .fail(let errno): completion(.failure(errno))
        case .readIndex(let path):
            readIndex(parent, path) {
                self.lookup(
                    parent, asked: name, isToldApart: isToldApart, for: caller, completion)
            }
        case .tellApart(let others): tellApart(parent, asked, others, completion: completion)
        case .askShare(let location, let cached):
            ask(parent, name, location, cached: cached, completion: completion)
        case .makeSure(let location, let cached):
            makeSure(parent, name, location, cached, completion)
        case .refreshFolder(let location, let cached):
            refreshFolder(parent) { [self] in
                let now = self.now
                let entry = table.withLock { table -> FuseEntry? in
                    guard let id = table[directory: parent]?.children[name], let node = table[id],
                        table.state(of: node, at: now) != .expired
                    else { return nil }
                    table.retain(id)
                    return Self.entry(&table, id, at: now)
                }
                if let entry { return completion(.success(entry)) }
                ask(parent, name, location, cached: cached, completion: completion)
            }
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
            return .reply(Self.entry(&table, id, at: now))
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
            switch table.rules.state(of: state.validity, at: now) {
            case .fresh: break
            case .aging:
                upkeep = [.list(parent)]
                // A client may list what it remembers while it would know the name if it were asked.
                if !share.nature.isLocal { upkeep.append(.lookFor(parent, name)) }
            case .expired: return Self.askShare(table, parent, name)
            }
            let place = Node.Place(parent: parent, name: name)
            return .absent(timeout: table.absent(place, state.validity, at: now))
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

    /// On which of the share's file systems a node lies, and where it may be asked of that.
    func fileSystem(of id: NodeID) -> (UInt64, ShareLocation) {
        table.withLock { table in
            guard id != .root, let number = table[id]?.attributes.device, number != 0,
                let location = table.location(of: id)
            else { return (0, ShareLocation(RelativePath())) }
            return (number, location)
        }
    }

    /// What the kernel is told of a node; noted, for it is not expected to ask again before that is over.
    static func entry(_ table: inout NodeTable, _ id: NodeID, at now: Duration) -> FuseEntry {
        guard let node = table[id] else { return .negative(timeout: 0) }
        let timeout = table.rules.kernelTimeout(of: node.validity, at: now)
        table.noteBelief(in: id, until: now + .seconds(timeout))
        return FuseEntry(
            nodeID: id.raw, attributes: node.attributes,
            attributeTimeout: table.mustRevalidate(node) ? 0 : timeout,
            entryTimeout: timeout)
    }

    /// Answers that changes through the view have overtaken are asked for again, this often; then what is known
    /// of the change is put together with what the share said.
    static let overtakenMax = 8

    func ask(
        _ parent: NodeID, _ name: Name, _ location: ShareLocation, cached: NodeID?,
        attempt: Int = 0, completion: @escaping @Sendable (EntryResult) -> Void
    ) {
        let place = Node.Place(parent: parent, name: name)
        let question = table.withLock { $0.questions.ask(.name(place)) }
        share.attributes(of: location) { [self] result in
            let now = now
            var effects = NodeTable.Effects()
            let answer = table.withLock { table -> EntryResult? in
                let isOvertaken =
                    table.questions.close(question)
                    || (result.isFailure && table.isBeingMoved(parent))
                guard table.isKnown(parent) else { return .failure(.stale) }
                if case .failure(.stale) = result {
                    table.distrustFolders(above: parent, &effects)
                }
                if isOvertaken, attempt < Self.overtakenMax { return nil }
                switch result {
                case .success(let attributes):
                    let id = found(place, attributes, &table, at: now, &effects)
                    if isOvertaken { table.markStale(id, at: now, &effects) }
                    return .success(Self.entry(&table, id, at: now))
                case .failure(.noSuchFile):
                    let timeout = table.enterAbsent(place, at: now, &effects)
                    return .success(.negative(timeout: timeout))
                case .failure(let errno):
                    // A share that cannot be reached is not a share whose files are gone.
                    guard !errno.isAboutFile, let cached, table.isKnown(cached) else {
                        return .failure(errno)
                    }
                    table.retain(cached)
                    return .success(Self.entry(&table, cached, at: now))
                }
            }
            apply(effects)
            if let answer { return completion(answer) }
            // The change may have made it known, or have moved the folder.
            let (known, location) = table.withLock { table in
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
        tellLater(effects.takeNotice(of: id, told, attributes))
        table.retain(id)
        table.trim(sparing: place.parent, &effects)
        return id
    }

    // MARK: - Attributes

    typealias AttributesResult = Result<(FileAttributes, Double), Errno>

    /// Attributes of a node, and the seconds that the kernel may believe them.
    ///
    /// - Parameters:
    ///   - fresh: ask the share whatever is cached (a version turned out to be another).
    ///   - isAnswer: the kernel gets them.
    func attributes(
        of id: NodeID, fresh: Bool = false, isAnswer: Bool = false,
        completion: @escaping @Sendable (AttributesResult) -> Void
    ) {
        let now = now
        let (node, location, state, isBulk) = table.withLock {
            table -> (Node?, ShareLocation?, Validity.State, Bool) in
            guard table.isKnown(id), let node = table[id] else {
                return (nil, nil, .expired, false)
            }
            let state = table.state(of: node, at: now)
            let isBulk = !fresh && state == .expired && table.mayRefreshFolder(of: id)
            return (node, table.location(of: id), state, isBulk)
        }
        guard let node else { return completion(.failure(.stale)) }
        let timeout = rules.kernelTimeout(of: node.validity, at: now)
        if !fresh, state != .expired {
            completion(.success((node.attributes, timeout)))
            if state == .aging, location != nil { perform(.revalidate(id)) }
            return
        }
        guard isBulk, location != nil else {
            return ask(id, location, isAnswer: isAnswer, attempt: 0, completion: completion)
        }
        refreshFolder(node.place.parent) { [self] in
            let now = self.now
            let (known, location) = table.withLock { table -> (Node?, ShareLocation?) in
                guard let node = table[id], table.state(of: node, at: now) != .expired else {
                    return (nil, table.location(of: id))
                }
                return (node, nil)
            }
            guard let known else {
                return ask(id, location, isAnswer: isAnswer, attempt: 0, completion: completion)
            }
            let timeout = rules.kernelTimeout(of: known.validity, at: now)
            completion(.success((known.attributes, timeout)))
        }
    }

    private func ask(
        _ id: NodeID, _ location: ShareLocation?, isAnswer: Bool, attempt: Int,
        completion: @escaping @Sendable (AttributesResult) -> Void
    ) {
        let (question, node) = table.withLock { ($0.questions.ask(.node(id)), $0[id]) }
        guard let node else {
            _ = table.withLock { $0.questions.close(question) }
            return completion(.failure(.stale))
        }
        let take: @Sendable (Result<FileAttributes, Errno>) -> Void = { [self] result in
            let isLast = attempt >= Self.overtakenMax
            switch settle(id, node.place, question, result, isLast: isLast, isAnswer: isAnswer) {
            case .some(let answer): completion(answer)
            case .none:
                let location = table.withLock { $0.location(of: id) }
                ask(
                    id, location, isAnswer: isAnswer, attempt: attempt + 1, completion: completion)
            }
        }
        if let location {
            share.attributes(of: location, completion: take)
        } else if !openFiles.attributes(of: id, file: node.file, share: share, completion: take) {
            // Unlinked or replaced on the share, and known here by nothing but its number.
            _ = table.withLock { $0.questions.close(question) }
            completion(.success((node.attributes, 0)))
        }
    }

    /// Takes in what the share said of a known node.
    ///
    /// - Parameters:
    ///   - place: where it was looked for. By now it may have another name, of which nothing was said.
    ///   - isLast: an answer that was overtaken is good enough.
    ///   - isAnswer: the kernel gets what is known then.
    /// - Returns: nil when the share has to be asked again.
    private func settle(
        _ id: NodeID, _ place: Node.Place, _ question: OpenQuestions.Number,
        _ result: Result<FileAttributes, Errno>, isLast: Bool = false, isAnswer: Bool = false
    ) -> AttributesResult? {
        let now = now
        var effects = NodeTable.Effects()
        let answer = table.withLock { table -> AttributesResult? in
            let isOvertaken =
                table.questions.close(question) || (result.isFailure && table.isBeingMoved(id))
            guard table.isKnown(id), let node = table[id] else { return .failure(.stale) }
            if isOvertaken {
                guard isLast else { return nil }
                guard case .success(var attributes) = result else {
                    return .success((node.attributes, 0))
                }
                attributes.size = node.attributes.size
                attributes.inode = node.attributes.inode
                return .success((attributes, 0))
            }
            // A name that was given to another file meanwhile, or taken away, has been heard of since.
            let isThere =
                id == .root || node.isDetached
                || table[directory: place.parent]?.children[place.name] == id
            guard isThere else { return .failure(.stale) }
            switch result {
            case .success(let attributes):
                let told = table.toldSize(of: id)
                defer {
                    if isAnswer { tellLater(effects.takeNotice(of: id, told, attributes)) }
                }
                if id == .root || node.isDetached {
                    table.update(id, attributes, at: now, &effects)
                } else if table.enter(place, attributes, validity: nil, at: now, &effects) != id {
                    // Another file has taken the name; by another one this one may be found.
                    return table.canBeAsked(id) ? nil : .failure(.stale)
                }
                let current = table[id]?.attributes ?? attributes
                return .success((current, rules.kernelTimeout(of: rules.initial(at: now), at: now)))
            case .failure(let errno) where errno.isAboutFile:
                if errno == .noSuchFile, id != .root, !node.isDetached {
                    table.enterAbsent(place, at: now, &effects)
                    return table.canBeAsked(id) ? nil : .failure(.stale)
                }
                return .failure(errno)
            case .failure(let errno):
                if errno == .stale { table.distrustFolders(above: place.parent, &effects) }
                // Changed through the view, and not as it is any more: the next look asks again.
                let isSure = rules.consistency == .eventual && !node.attributesAreStale
                return .success((node.attributes, isSure ? 1 : 0))
            }
        }
        apply(effects)
        return answer
    }

    // MARK: - Behind the reader's back

    enum Upkeep: Sendable, Hashable {
        case revalidate(NodeID)
        case list(NodeID)
        /// A name of which a listing says that it is not there.
        case lookFor(NodeID, Name)
        /// Link targets were learned since the folder's listing was stored.
        case store(NodeID)
        /// Much memory was in use for a moment.
        case giveBack
    }

    /// Soon, and once for all who ask meanwhile.
    func perform(_ upkeep: Upkeep) {
        upkeepQueue.withLock { $0 }?.add(upkeep)
    }

    private func performNow(_ upkeep: Upkeep) {
        switch upkeep {
        case .list(let id): list(id, urgency: .background)
        case .lookFor(let parent, let name): lookFor(Node.Place(parent: parent, name: name))
        case .store(let id): storeAgain(id)
        case .giveBack: FreedMemory.giveBack()
        case .revalidate(let id):
            let crowded = table.withLock { table -> NodeID? in
                guard table.isKnown(id), id != .root, let parent = table[id]?.place.parent,
                    let state = table[directory: parent], state.agingLookups > Self.agingMax
                else { return nil }
                return parent
            }
            // A listing that is not due says nothing of it.
            if let crowded, !isRecentlyListed(crowded) {
                list(crowded, urgency: .background)
            } else {
                revalidate(id)
            }
        }
    }

    /// From this many aging names in a folder on, one listing is cheaper than asking for each.
    private static let agingMax = 3

    func revalidate(_ id: NodeID) {
        let isFirst = revalidating.withLock { set in
            set.count < Self.revalidationsMax && set.insert(id).inserted
        }
        guard isFirst else { return }
        let asked = table.withLock {
            table -> (ShareLocation, Node.Place, OpenQuestions.Number)? in
            guard table.isKnown(id), let location = table.location(of: id),
                let place = table[id]?.place
            else { return nil }
            return (location, place, table.questions.ask(.node(id)))
        }
        guard let (location, place, question) = asked else {
            revalidating.withLock { _ = $0.remove(id) }
            return
        }
        counters.withLock { $0.revalidations += 1 }
        share.attributes(of: location, urgency: .background) { [self] result in
            let isSettled = settle(id, place, question, result) != nil
            revalidating.withLock { _ = $0.remove(id) }
            // Changed meanwhile: once it is quiet.
            if !isSettled { perform(.revalidate(id)) }
        }
    }

    /// Asks the share for a name that somebody was told is not there.
    private func lookFor(_ place: Node.Place) {
        let isFirst = lookedFor.withLock { set in
            set.count < Self.revalidationsMax && set.insert(place).inserted
        }
        guard isFirst else { return }
        let asked = table.withLock { table -> (ShareLocation, OpenQuestions.Number)? in
            guard table[directory: place.parent]?.children[place.name] == nil,
                let location = table.location(of: place.parent, place.name)
            else { return nil }
            return (location, table.questions.ask(.name(place)))
        }
        guard let (location, question) = asked else {
            lookedFor.withLock { _ = $0.remove(place) }
            return
        }
        counters.withLock { $0.revalidations += 1 }
        share.attributes(of: location, urgency: .background) { [self] result in
            change { table, now, effects in
                let isOvertaken = table.questions.close(question)
                guard !isOvertaken, table.isKnown(place.parent), case .success(let found) = result,
                    table[directory: place.parent]?.children[place.name] == nil
                else { return }
                _ = table.enter(place, found, validity: nil, at: now, &effects)
                effects.notices.append(.entry(parent: place.parent, name: place.name))
            }
            lookedFor.withLock { _ = $0.remove(place) }
        }
    }

    // MARK: - Index

    /// Brings a folder's listing from the index, then calls `completion`, found or not.
    func readIndex(
        _ directory: NodeID, _ path: RelativePath, completion: @escaping @Sendable () -> Void
    ) {
        guard let listings else {
            markRead(directory)
            return completion()
        }
        let question = table.withLock {
            $0.questions.ask(.listing(directory), isOfIndex: true)
        }
        let ticket = indexPool.submit(urgent: false) {
            listings.listing(of: path)
        } completion: { [self] found in
            // Too slow a disk has none.
            if let stored = found ?? nil { take(stored, into: directory, question) }
            _ = table.withLock { $0.questions.close(question) }
            markRead(directory)
            completion()
        }
        if ticket == nil {
            _ = table.withLock { $0.questions.close(question) }
            markRead(directory)
            completion()
        }
    }

    private func markRead(_ directory: NodeID) {
        table.withLock { table in
            if table[directory: directory]?.knowledge == .unread {
                table[directory: directory]?.knowledge = .partial
            }
        }
    }

    /// - Parameter question: asked before the index was: what was changed through the view since is not in it.
    private func take(
        _ stored: StoredListing, into directory: NodeID, _ question: OpenQuestions.Number
    ) {
        let now = now
        let age = max(0, clock.wall.seconds(since: stored.fetchedAt))
        var validity = Validity(
            since: now - .seconds(age),
            ttl: min(FreshnessRules.ttlMax, .seconds(Int64(stored.ttl))))
        if let end = disk?.listingsDistrustedBefore, stored.fetchedAt <= end {
            // From before a kill that may have swallowed changes: served only while the share cannot be asked.
            validity = Validity(since: now - FreshnessRules.ttlMax, ttl: .zero)
        }
        let isOfUse = table.withLock { table in
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
        let order = merge(
            stored.entries, into: directory, question: question, validity: validity,
            fetchedAt: stored.fetchedAt, at: now)
        finish(
            directory, order, question: question, directory: stored.directory, validity: validity,
            cost: .zero, at: now)
        if stored.entries.count >= Self.largeListing { perform(.giveBack) }
    }

    /// Listings do not bring where links lead: that is learned one by one, and goes to the index behind the reader's
    /// back, so that links can be followed after a restart while the share is away.
    func learned(linkTarget: [UInt8], of id: NodeID) {
        let parent = table.withLock { table -> NodeID? in
            guard table.isKnown(id), let node = table[id], node.linkTarget != linkTarget else {
                return nil
            }
            table[id]?.linkTarget = linkTarget
            return node.isDetached ? nil : node.place.parent
        }
        if let parent, listings != nil { perform(.store(parent)) }
    }

    /// The share has said something of an extended attribute: for the index as well, as ``learned(linkTarget:of:)``.
    ///
    /// - Parameter asked: when it was asked, by either clock.
    func learned(
        _ result: Result<[UInt8], Errno>, _ question: AttributeKnowledge.Question, of id: NodeID,
        changed: Timestamp, at asked: Duration, asOf wall: Timestamp
    ) {
        let now = now
        let folder = table.withLock { table -> NodeID? in
            guard
                table.learned(
                    result, question, of: id, changed: changed, at: asked, asOf: wall),
                let folder = id == .root ? .root : table[id]?.place.parent
            else { return nil }
            return table.mayStoreAgain(folder, at: now) ? folder : nil
        }
        if let folder, listings != nil { perform(.store(folder)) }
    }

    /// How many listings of `path` and the folders below it the index has, without those in `counted`.
    func storedListings(below path: RelativePath, without counted: Set<RelativePath>) -> Int {
        listings?.count(below: path, without: counted) ?? 0
    }

    func removeStored(_ path: RelativePath) {
        listings?.remove(path, recursively: true)
    }

    // MARK: - Effects

    /// What earlier mounts have changed by one of several names: the index has what the others were before.
    private func rememberChangedLinks() {
        guard let changed = disk?.changedLinks, !changed.isEmpty else { return }
        let (now, wall) = (now, clock.wall.seconds)
        table.withLock { table in
            for (inode, seconds) in changed {
                // Behind the end of that second, by the clock of this one.
                let time = now - .seconds(max(0, wall - seconds - 1))
                if let inode {
                    _ = table.changedLinks.note(inode, at: time)
                } else {
                    table.changedLinks.noteAll(at: time)
                }
            }
        }
    }

    /// Changes the table, and does what that asks for.
    @discardableResult
    func change<Value: Sendable>(
        _ body: (inout NodeTable, Duration, inout NodeTable.Effects) -> Value
    ) -> Value {
        let now = now
        var effects = NodeTable.Effects()
        let value = table.withLock { body(&$0, now, &effects) }
        apply(effects)
        return value
    }

    /// Does what a change of the table asks for, outside of its lock.
    func apply(_ effects: NodeTable.Effects) {
        for file in effects.dropped { cache.drop(file) }
        for (file, keepsSource) in effects.superseded {
            cache.supersede(file, keepsSource: keepsSource)
        }
        for source in effects.closed { share.forget(source) }
        for path in effects.unstored { listings?.remove(path, recursively: false) }
        for path in effects.staleDirectories {
            share.forgetDirectories(below: path)
            listings?.remove(path, recursively: true)
        }
        for inode in effects.changedLinks { disk?.noteChangedLink(inode) }
        if let findings = effects.caseFindings { disk?.noteCaseFindings(findings) }
        invalidator.distrust(effects.distrusted)
        invalidator.add(effects.notices)
        invalidator.recall(effects.recalled)
        if effects.isMuchFree { perform(.giveBack) }
    }
}

extension Result {
    fileprivate var isFailure: Bool {
        if case .failure = self { return true }
        return false
    }
}

extension Errno {
    /// Whether the share answered and said something of this file, in contrast to not being reachable.
    var isAboutFile: Bool {
        switch self {
        case .noSuchFile, .notDirectory, .accessDenied, .notPermitted, .nameTooLong, .symlinkLoop,
            .isDirectory, .invalid:
            true
        default: false
        }
    }
}
