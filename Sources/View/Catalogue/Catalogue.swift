import Model
import Platform
import Share
import Synchronization
import Tiers

/// Knows the whole tree of a share: lists all folders in the background, so that whoever browses or searches finds the names in memory or in the
/// index, and looks from time to time which of them have changed. ``CatalogueWalk`` decides; this does what it says.
///
/// What it finds is entered as what is found behind a reader's back is (``ListingFetcher``, ``Revalidation``): whoever opens a folder is let in by what
/// is known of it, whoever had it listed.
///
/// Threads: any. No method waits.
final class Catalogue: Sendable {
    /// So many names are catalogued unasked.
    static let namesMaxInAuto = 200_000
    /// People come first when a view is new.
    static let startDelay = Duration.seconds(2)

    private struct State: Sendable {
        var walk = CatalogueWalk()
        /// A thread does what is next, and does more when it has done so.
        var isRunning = false
        var isWanted = false
        var isStopped = false
        /// When the next timer fires.
        var wakeUp: Duration?
    }

    let nodes: KnownNodes
    let stored: StoredListings
    let fetcher: ListingFetcher
    let revalidation: Revalidation
    let share: Share
    private let state = Mutex(State())

    init(
        _ nodes: KnownNodes, share: Share, stored: StoredListings, fetcher: ListingFetcher,
        revalidation: Revalidation
    ) {
        self.nodes = nodes
        self.share = share
        self.stored = stored
        self.fetcher = fetcher
        self.revalidation = revalidation
    }

    private var settings: CatalogueWalk.Settings { state.withLock { $0.walk.settings } }

    var progress: CatalogueProgress { state.withLock { $0.walk.progress } }

    func set(_ settings: CatalogueWalk.Settings) {
        let now = nodes.now
        state.withLock { $0.walk.set(settings, after: Self.startDelay, at: now) }
        goOn()
    }

    func stop() { state.withLock { $0.isStopped = true } }

    // MARK: - Step by step

    /// Does what is next, until something has to be waited for.
    func goOn() {
        let isFirst = state.withLock { state in
            guard !state.isRunning else {
                state.isWanted = true
                return false
            }
            state.isRunning = true
            return true
        }
        guard isFirst else { return }
        repeat {
            while let step = next() { perform(step) }
        } while state.withLock { state in
            state.isRunning = state.isWanted
            state.isWanted = false
            return state.isRunning
        }
    }

    private func next() -> CatalogueWalk.Step? {
        let (now, surroundings) = (nodes.now, surroundings)
        let step = state.withLock { state in
            state.isStopped ? nil : state.walk.next(at: now, surroundings)
        }
        guard case .wait(let end) = step else { return step }
        wakeUp(at: end, now)
        return nil
    }

    private var surroundings: CatalogueWalk.Surroundings {
        let room = stored.room
        return CatalogueWalk.Surroundings(
            isReady: isShareThere && room != .notNow, isFull: room == ListingStore.Room.none,
            lastUse: share.scheduler.lastUse,
            looks: nodes.counters.withLock { $0.lookups + $0.listings })
    }

    private var isShareThere: Bool {
        guard share.absence == nil, share.disconnectedSince == nil else { return false }
        let statistics = share.scheduler.statistics
        return statistics.unreachableSince == nil && statistics.outOfReach == nil
            && statistics.heldSince == nil
    }

    private func wakeUp(at end: Duration, _ now: Duration) {
        let isNeeded = state.withLock { state in
            if let wakeUp = state.wakeUp, wakeUp <= end { return false }
            state.wakeUp = end
            return true
        }
        guard isNeeded else { return }
        nodes.delays.submit(due: end) { [weak self] in
            guard let self else { return }
            state.withLock { if $0.wakeUp == end { $0.wakeUp = nil } }
            goOn()
        }
    }

    private func perform(_ step: CatalogueWalk.Step) {
        switch step {
        case .look(let look): begin(look)
        case .readOn(let readOn):
            let batch = nodes.listed(readOn.node).map {
                Self.folders(in: $0.entries, after: readOn.after)
            }
            state.withLock { $0.walk.ended(readOn, batch) }
        case .leave(let id): leave(id)
        case .wait: break
        }
    }

    // MARK: - A look

    /// - Parameter isRead: the index was asked for the folder's name, which had been given back.
    private func begin(_ look: CatalogueWalk.Look, isRead: Bool = false) {
        switch nodes.beginLook(look.parent, look.name) {
        case .gone: end(look, .gone)
        case .unread(let parent, let path):
            guard !isRead else { return end(look, .gone) }
            stored.readIndex(parent, path) { [self] in begin(look, isRead: true) }
        case .known(let id, let identity):
            guard !state.withLock({ $0.walk.isLoop(look, identity) }) else {
                return end(look, id, .skipped)
            }
            know(look, id, isRead: false)
        }
    }

    /// Comes to know a folder's names.
    private func know(_ look: CatalogueWalk.Look, _ id: NodeID, isRead: Bool) {
        let now = nodes.now
        switch nodes.lookStep(of: id, isRead: isRead) {
        case .gone: end(look, id, .gone)
        case .none: end(look, known: id, isNew: false)
        case .list: list(look, id)
        case .readIndex(let path):
            stored.readIndex(id, path) { [self] in know(look, id, isRead: true) }
        case .check:
            revalidation.check(id) { [self] result in
                switch result {
                case .failure(let errno): end(look, id, outcome(errno))
                case .success(let found):
                    if nodes.confirmNames(of: id, found, askedAt: now) {
                        end(look, known: id, isNew: false)
                    } else {
                        list(look, id)
                    }
                }
            }
        }
    }

    private func list(_ look: CatalogueWalk.Look, _ id: NodeID) {
        fetcher.list(id, urgency: .background) { [self] result in
            switch result {
            case .success: end(look, known: id, isNew: true)
            case .failure(let errno): end(look, id, outcome(errno))
            }
        }
    }

    private func outcome(_ errno: Errno) -> CatalogueWalk.Outcome {
        switch errno {
        case .accessDenied, .notPermitted, .overflow, .symlinkLoop, .nameTooLong: .skipped
        case .noSuchFile, .notDirectory, .stale: .gone
        case .again, .canceled: .away
        default: isShareThere ? .failed : .away
        }
    }

    private func end(_ look: CatalogueWalk.Look, known id: NodeID, isNew: Bool) {
        guard let (entries, identity) = nodes.listed(id) else { return end(look, id, .gone) }
        let contents = CatalogueWalk.Contents(
            node: id, identity: identity, names: entries.count,
            folders: Self.folders(in: entries, after: nil), isNew: isNew)
        end(look, .known(contents))
    }

    /// Nothing is known of it by this look.
    private func end(_ look: CatalogueWalk.Look, _ id: NodeID, _ outcome: CatalogueWalk.Outcome) {
        leave(id)
        end(look, outcome)
    }

    private func leave(_ id: NodeID) {
        nodes.endLook(at: id, keeping: settings.knownMax)
    }

    private func end(_ look: CatalogueWalk.Look, _ outcome: CatalogueWalk.Outcome) {
        let now = nodes.now
        state.withLock { $0.walk.ended(look, outcome, at: now) }
        goOn()
    }

    // MARK: - Folders of a folder

    private struct Last: HeapElement {
        var name: Name

        func isBefore(_ other: Last) -> Bool {
            other.name.bytes.lexicographicallyPrecedes(name.bytes)
        }
    }

    /// The first folders behind a name, in the order of their names. What is known by its name alone (automount points) is none.
    static func folders(
        in entries: [DirectoryState.Entry], after: Name?, atMost limit: Int = CatalogueWalk.namesMax
    ) -> CatalogueWalk.Batch {
        var first = BinaryHeap<Last>()
        var isLast = true
        for entry in entries where entry.isDirectory && entry.node != .none {
            if let after, !after.bytes.lexicographicallyPrecedes(entry.name.bytes) { continue }
            let name = Last(name: entry.name)
            if first.count == limit {
                isLast = false
                guard let last = first.first, last.isBefore(name) else { continue }
                _ = first.popFirst()
            }
            first.push(name)
        }
        var names: [Name] = []
        while let last = first.popFirst() { names.append(last.name) }
        return CatalogueWalk.Batch(names: names.reversed(), isLast: isLast)
    }
}
