import Fuse
import Model
import Platform
import Share
import Tiers

/// Names, attributes and listings: answers from the ``NodeTable``, else from the index, else from the share.
///
/// **Freshness.** Whatever is known has the time at which the share said so. In `eventual` it is fresh for the propagation delay (seconds), as NFS
/// clients have it with `acregmin` (RFC 1813, 4.11; nfs(5)): answered as it is. Then it is aging: answered, and asked for again behind the looker's
/// back, so that nobody waits for what mostly has not changed (`stale-while-revalidate` of RFC 5861). At the end of its life, which is the longer
/// the longer the thing has not changed, it is expired: asked for first. In `strict` everything is expired at once.
///
/// **Who may want to be sure.** Programs exclude each other by making names and looking at small young files; they are answered by the share
/// (``NodeTable/isToBeSure(_:for:at:wall:)``).
///
/// **Questions and changes.** A question that is put to the share and a change that is made through the view may overtake each other. The change marks
/// what it may have overtaken (``OpenQuestions``), and that is asked again.
///
/// **Parts.** Around what is known (``KnownNodes``): ``NameLookup``, ``Revalidation``, ``ListingFetcher`` and ``StoredListings``; the
/// ``Catalogue`` looks at the whole tree through them. What one of them wants done behind a looker's back goes by way of the ``UpkeepQueue``, and comes
/// back here.
///
/// All methods return at once; answers come through completions, on the caller's thread for what is cached,
/// else on an index or share thread. No lock is held while a completion runs.
final class Namespace: Sendable {
    typealias EntryResult = NameLookup.EntryResult
    typealias ListingResult = ListingFetcher.ListingResult
    typealias AttributesResult = Revalidation.AttributesResult

    let nodes: KnownNodes
    let stored: StoredListings
    /// Through which nodes can be asked that no name leads to.
    let openFiles = OpenFiles()
    let catalogue: Catalogue
    private let fetcher: ListingFetcher
    private let lookups: NameLookup
    private let revalidation: Revalidation
    private let upkeep: UpkeepQueue

    init(
        share: Share, root: FileAttributes, isShared: Bool, rules: FreshnessRules,
        cache: ChunkCache, disk: DiskTier?, invalidator: Invalidator, delays: DelayQueue,
        clock: any LarderClock, log: Log
    ) {
        upkeep = UpkeepQueue(clock: clock)
        nodes = KnownNodes(
            share: share, root: root, isShared: isShared, rules: rules, cache: cache, disk: disk,
            invalidator: invalidator, delays: delays, upkeep: upkeep, clock: clock)
        stored = StoredListings(nodes, disk: disk, upkeep: upkeep)
        fetcher = ListingFetcher(nodes, share: share, stored: stored, upkeep: upkeep, log: log)
        lookups = NameLookup(
            nodes, share: share, stored: stored, fetcher: fetcher, upkeep: upkeep)
        revalidation = Revalidation(
            nodes, share: share, fetcher: fetcher, openFiles: openFiles, upkeep: upkeep)
        catalogue = Catalogue(
            nodes, share: share, stored: stored, fetcher: fetcher, revalidation: revalidation)
        upkeep.start { [weak self] in self?.perform($0) }
    }

    func stop() {
        catalogue.stop()
        for case .store(let id) in upkeep.stop() { stored.storeAgain(id) }
        stored.stop()
    }

    private func perform(_ work: Upkeep) {
        switch work {
        case .list(let id):
            // Whether it has changed is asked all the same: then it is listed at its next opening, whatever that takes.
            if fetcher.renew(id) == .isPutOff { revalidation.revalidate(id) }
        case .lookFor(let parent, let name):
            revalidation.lookFor(Node.Place(parent: parent, name: name))
        case .store(let id): stored.storeAgain(id)
        case .giveBack: FreedMemory.giveBack()
        case .revalidate(let id): revalidation.renew(id)
        }
    }

    /// A node's attributes are asked for soon, once for all who want that meanwhile.
    func revalidate(_ id: NodeID) { upkeep.add(.revalidate(id)) }

    /// Finds `name` in `parent`; a found node's lookup count goes up by one.
    ///
    /// - Parameter caller: the thread that asks, or 0 for one that cannot be told from others.
    func lookup(
        parent: NodeID, name: Name, for caller: Int32 = 0,
        completion: @escaping @Sendable (EntryResult) -> Void
    ) {
        lookups.lookup(parent: parent, name: name, for: caller, completion: completion)
    }

    /// See ``Revalidation/attributes(of:fresh:isAnswer:completion:)``.
    func attributes(
        of id: NodeID, fresh: Bool = false, isAnswer: Bool = false,
        completion: @escaping @Sendable (AttributesResult) -> Void
    ) {
        revalidation.attributes(of: id, fresh: fresh, isAnswer: isAnswer, completion: completion)
    }

    /// Calls `completion` with the folder's listing.
    func openDirectory(_ id: NodeID, completion: @escaping @Sendable (ListingResult) -> Void) {
        fetcher.openDirectory(id, completion: completion)
    }

    /// Lists a folder that somebody is about to reach; nothing to do where its listing is known.
    func listAhead(_ id: NodeID) { fetcher.listAhead(id) }
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

extension Result {
    var isFailure: Bool {
        if case .failure = self { return true }
        return false
    }
}
