import Eviction
public import Metrics
public import Platform

import Model

/// The tiers behind memory, in the order in which they are asked; behind the last one is the share.
///
/// What is missing is split at each tier: what it has is loaded, what it does not have goes on to the next one at once, and so does
/// what it turns out not to have, or does not bring in time. What a later tier brings is offered to those before it.
/// Threads: any; completions come on threads of the tiers.
public final class TierChain: Sendable {
    /// Whoever has claimed what is missing, on behalf of readers or ahead of them.
    protocol Client: Sendable {
        /// One more answer will come, or has: a load may be done in many steps.
        func expect()
        func done()
        /// A tier is asked on the reader's behalf.
        func willLoad()
        func loaded(_ blocks: [LoadedBlock], of chunk: ChunkIndex, from tier: Int)
        /// A load that may be promoted, and cancelled, is under way.
        func isUnderWay(_ load: any TierLoad, _ part: MissingBlocks)
        /// It was cancelled, and these have not come.
        func cancelled(_ part: MissingBlocks)
        /// No tier has these; once for all that no tier is asked for, and again for what one turned out not to have.
        ///
        /// - Parameter isWhole: they are all that was missing, and nothing of it has come from a tier.
        func fetchFromShare(_ missing: [MissingBlocks], isWhole: Bool)
        /// What was loaded may be stored in other tiers.
        var mayStore: Bool { get }
        /// Of what is stored for it.
        var priority: Priority { get }
    }

    /// Looks for stored blocks before one load, at most: each finds out about the neighbours too.
    private static let looksMax = 8

    private let links: [TierLink]
    private let admission: any AdmissionPolicy

    /// - Parameters:
    ///   - tiers: the nearest first.
    ///   - admission: asked before anything is stored in one.
    public init(
        _ tiers: [any ChunkTier], admission: any AdmissionPolicy = AdmitAll(),
        clock: any LarderClock, metrics registry: MetricRegistry? = nil
    ) {
        self.admission = admission
        links = tiers.map { tier in
            TierLink(tier, clock: clock, metrics: registry.map { TierMetrics($0, tier.name) })
        }
    }

    var isEmpty: Bool { links.isEmpty }

    var count: Int { links.count }

    /// What each tier has done since the start, in order.
    public var figures: [TierFigures] { links.map(\.figures) }

    // MARK: - Loading

    /// Brings what is missing from the tiers, and has the client fetch the rest from the share.
    ///
    /// - Parameters:
    ///   - missing: in file order.
    ///   - isUrgent: somebody waits.
    ///   - isWhole: it is all that a reader wants.
    ///   - willBlock: called before the calling thread waits for a tier, for a single block; nil where it must not.
    func load(
        _ missing: [MissingBlocks], of identity: ObjectIdentity, isUrgent: Bool, isWhole: Bool,
        willBlock: (() -> Void)?, for client: some Client
    ) {
        let way = Way(identity: identity, isUrgent: isUrgent, client: client)
        load(missing, way, from: 0, isWhole: isWhole, willBlock: willBlock)
    }

    /// What stays the same on the way through the tiers.
    private struct Way<Asker: Client>: Sendable {
        let identity: ObjectIdentity
        let isUrgent: Bool
        let client: Asker
    }

    /// - Parameters:
    ///   - tier: the first to be asked.
    ///   - found: of which chunk that has just been asked what it has of it, whether it could tell or not.
    ///   - looks: how many more such questions there may be.
    private func load<Asker>(
        _ missing: [MissingBlocks], _ way: Way<Asker>, from tier: Int, isWhole: Bool,
        willBlock: (() -> Void)? = nil, found: ChunkIndex? = nil, looks: Int = looksMax
    ) {
        guard !missing.isEmpty else { return }
        guard tier < links.count else {
            return way.client.fetchFromShare(missing, isWhole: isWhole)
        }
        let link = links[tier]
        let object = link.object(way.identity)
        // Neighbours that are asked of the share, or the next tier, are one request: better known before than each by itself.
        if missing.count > 1, looks > 0,
            let first = missing.first(where: { object.stored($0.chunk) == nil })?.chunk,
            first != found
        {
            way.client.expect()
            let isAsked = link.findStored(object, first) { [self] in
                load(missing, way, from: tier, isWhole: isWhole, found: first, looks: looks - 1)
                way.client.done()
            }
            if isAsked { return }
            way.client.done()
        }
        var absent: [MissingBlocks] = []
        var isStillWhole = isWhole
        for part in missing {
            let stored = object.stored(part.chunk)?.intersection(part.blocks) ?? part.blocks
            var rest = part.blocks.subtracting(stored)
            if !stored.isEmpty {
                let isAlone = missing.count == 1
                let isQueued = ask(
                    link, object, MissingBlocks(chunk: part.chunk, blocks: stored), way, tier,
                    isWhole: isWhole && isAlone && rest.isEmpty,
                    willBlock: isAlone && stored.count == 1 ? willBlock : nil)
                if isQueued { isStillWhole = false } else { rest = part.blocks }
            }
            if !rest.isEmpty { absent.append(MissingBlocks(chunk: part.chunk, blocks: rest)) }
        }
        load(absent, way, from: tier + 1, isWhole: isStillWhole)
    }

    /// - Returns: false where the tier takes no more.
    private func ask<Asker>(
        _ link: TierLink, _ object: any TierObject, _ part: MissingBlocks, _ way: Way<Asker>,
        _ tier: Int, isWhole: Bool, willBlock: (() -> Void)?
    ) -> Bool {
        way.client.expect()
        way.client.willLoad()
        let completion: TierLink.Completion = { [self] loaded, ending in
            answered(loaded, ending, part, way, tier, isWhole: isWhole)
            way.client.done()
        }
        let isQueued: Bool
        if let willBlock {
            willBlock()
            isQueued = link.loadHere(object, part, completion: completion)
        } else {
            let load = link.load(object, part, isUrgent: way.isUrgent, completion: completion)
            isQueued = load != nil
            if let load, !way.isUrgent { way.client.isUnderWay(load, part) }
        }
        if !isQueued { way.client.done() }
        return isQueued
    }

    private func answered<Asker>(
        _ loaded: [LoadedBlock], _ ending: TierLink.Ending, _ part: MissingBlocks,
        _ way: Way<Asker>, _ tier: Int, isWhole: Bool
    ) {
        if !loaded.isEmpty {
            way.client.loaded(loaded, of: part.chunk, from: tier)
            if tier > 0, way.client.mayStore,
                links[tier].object(way.identity).movesUp(part.chunk)
            {
                store(
                    loaded, of: part.chunk, way.identity, priority: way.client.priority,
                    from: tier)
            }
        }
        let rest = MissingBlocks(
            chunk: part.chunk, blocks: part.blocks.subtracting(BlockMask(blocks: loaded)))
        guard !rest.blocks.isEmpty else { return }
        switch ending {
        case .done: load([rest], way, from: tier + 1, isWhole: isWhole && loaded.isEmpty)
        case .cancelled: way.client.cancelled(rest)
        }
    }

    /// Whether a tier has all of these blocks, as far as that can be told without the share.
    ///
    /// - Parameter completion: called once, at once where it is known.
    func contains(
        _ part: MissingBlocks, of identity: ObjectIdentity, from tier: Int = 0,
        completion: @escaping @Sendable (Bool) -> Void
    ) {
        guard tier < links.count else { return completion(false) }
        let link = links[tier]
        let object = link.object(identity)
        let answer: @Sendable () -> Void = { [self] in
            if object.stored(part.chunk)?.isSuperset(of: part.blocks) == true {
                return completion(true)
            }
            contains(part, of: identity, from: tier + 1, completion: completion)
        }
        if object.stored(part.chunk) != nil
            || !link.findStored(object, part.chunk, completion: answer)
        {
            answer()
        }
    }

    /// See ``ChunkTier/findStored(_:resized:completion:)``: by the first tier that has it so.
    func findStored(
        _ identity: ObjectIdentity, from tier: Int = 0,
        resized: @escaping @Sendable (Int) -> ObjectIdentity,
        completion: @escaping @Sendable (ObjectIdentity?) -> Void
    ) {
        guard tier < links.count else { return completion(nil) }
        links[tier].tier.findStored(identity, resized: resized) { [self] found in
            if let found { return completion(found) }
            findStored(identity, from: tier + 1, resized: resized, completion: completion)
        }
    }

    // MARK: - Storing and removing

    /// Offers blocks that the share has brought to every tier.
    func store(
        _ blocks: [LoadedBlock], of chunk: ChunkIndex, _ identity: ObjectIdentity,
        priority: Priority
    ) {
        store(blocks, of: chunk, identity, priority: priority, from: links.count)
    }

    private func store(
        _ blocks: [LoadedBlock], of chunk: ChunkIndex, _ identity: ObjectIdentity,
        priority: Priority, from source: Int
    ) {
        let traits = EntryTraits(
            size: blocks.reduce(0) { $0 + $1.buffer.count }, type: identity.contentType,
            priority: priority)
        let name = source < links.count ? links[source].tier.name : nil
        for link in links[..<source]
        where admission.admits(chunk, of: identity, traits, to: link.tier.name, from: name) {
            link.store(blocks, of: chunk, identity, priority: priority)
        }
    }

    /// Removes one version from every tier, behind the caller's back.
    func discard(_ identity: ObjectIdentity) {
        for link in links { link.tier.discard(identity) }
    }

    /// - Parameter asked: for each tier, in order; see ``MemoryShard/takeAsked()``.
    func note(_ asked: [AskedBlocks]) {
        for (link, asked) in zip(links, asked) { link.tier.note(asked) }
    }
}
