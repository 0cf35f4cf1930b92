import Fuse
import Model
import Platform
import Share
import Synchronization

/// Attributes: as they are known, or as the share says, asked by whoever waits for them or behind the backs of those who look.
///
/// All methods return at once; answers come through completions, on the caller's thread for what is known, else on a share thread.
final class Revalidation: Sendable {
    private let nodes: KnownNodes
    private let share: Share
    private let fetcher: ListingFetcher
    private let openFiles: OpenFiles
    private let upkeep: UpkeepQueue
    /// Single files that are being asked for, so that each is asked for once.
    private let revalidating = Mutex<Set<NodeID>>([])
    /// Names that are looked for behind readers' backs.
    private let lookedFor = Mutex<Set<Node.Place>>([])
    private static let revalidationsMax = 1024

    init(
        _ nodes: KnownNodes, share: Share, fetcher: ListingFetcher, openFiles: OpenFiles,
        upkeep: UpkeepQueue
    ) {
        self.nodes = nodes
        self.share = share
        self.fetcher = fetcher
        self.openFiles = openFiles
        self.upkeep = upkeep
    }

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
        let now = nodes.now
        let (node, location, state, isBulk) = nodes.table.withLock {
            table -> (Node?, ShareLocation?, Validity.State, Bool) in
            guard table.isKnown(id), let node = table[id] else {
                return (nil, nil, .expired, false)
            }
            let state = table.state(of: node, at: now)
            let isBulk = !fresh && state == .expired && table.mayRefreshFolder(of: id)
            return (node, table.location(of: id), state, isBulk)
        }
        guard let node else { return completion(.failure(.stale)) }
        let timeout = nodes.rules.kernelTimeout(of: node.validity, at: now)
        if !fresh, state != .expired {
            completion(.success((node.attributes, timeout)))
            if state == .aging, location != nil { upkeep.add(.revalidate(id)) }
            return
        }
        guard isBulk, location != nil else {
            return ask(id, location, isAnswer: isAnswer, attempt: 0, completion: completion)
        }
        fetcher.refreshFolder(node.place.parent) { [self] in
            let now = nodes.now
            let (known, location) = nodes.table.withLock { table -> (Node?, ShareLocation?) in
                guard let node = table[id], table.state(of: node, at: now) != .expired else {
                    return (nil, table.location(of: id))
                }
                return (node, nil)
            }
            guard let known else {
                return ask(id, location, isAnswer: isAnswer, attempt: 0, completion: completion)
            }
            let timeout = nodes.rules.kernelTimeout(of: known.validity, at: now)
            completion(.success((known.attributes, timeout)))
        }
    }

    private func ask(
        _ id: NodeID, _ location: ShareLocation?, isAnswer: Bool, attempt: Int,
        completion: @escaping @Sendable (AttributesResult) -> Void
    ) {
        let (question, node) = nodes.table.withLock { ($0.questions.ask(.node(id)), $0[id]) }
        guard let node else {
            _ = nodes.table.withLock { $0.questions.close(question) }
            return completion(.failure(.stale))
        }
        let take: @Sendable (Result<FileAttributes, Errno>) -> Void = { [self] result in
            let isLast = attempt >= OpenQuestions.overtakenMax
            switch settle(id, node.place, question, result, isLast: isLast, isAnswer: isAnswer) {
            case .some(let answer): completion(answer)
            case .none:
                let location = nodes.table.withLock { $0.location(of: id) }
                ask(
                    id, location, isAnswer: isAnswer, attempt: attempt + 1, completion: completion)
            }
        }
        if let location {
            share.attributes(of: location, completion: take)
        } else if !openFiles.attributes(of: id, file: node.file, share: share, completion: take) {
            // Unlinked or replaced on the share, and known here by nothing but its number.
            _ = nodes.table.withLock { $0.questions.close(question) }
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
        let now = nodes.now
        var effects = NodeTable.Effects()
        let answer = nodes.table.withLock { table -> AttributesResult? in
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
                    if isAnswer { nodes.tellLater(effects.takeNotice(of: id, told, attributes)) }
                }
                if id == .root || node.isDetached {
                    table.update(id, attributes, at: now, &effects)
                } else if table.enter(place, attributes, validity: nil, at: now, &effects) != id {
                    // Another file has taken the name; by another one this one may be found.
                    return table.canBeAsked(id) ? nil : .failure(.stale)
                }
                let current = table[id]?.attributes ?? attributes
                return .success(
                    (current, nodes.rules.kernelTimeout(of: nodes.rules.initial(at: now), at: now)))
            case .failure(let errno) where errno.isAboutFile:
                if errno == .noSuchFile, id != .root, !node.isDetached {
                    table.enterAbsent(place, at: now, &effects)
                    return table.canBeAsked(id) ? nil : .failure(.stale)
                }
                return .failure(errno)
            case .failure(let errno):
                if errno == .stale { table.distrustFolders(above: place.parent, &effects) }
                // Changed through the view, and not as it is any more: the next look asks again.
                let isSure = nodes.rules.consistency == .eventual && !node.attributesAreStale
                return .success((node.attributes, isSure ? 1 : 0))
            }
        }
        nodes.apply(effects)
        return answer
    }

    // MARK: - Behind the reader's back

    /// Asks for a node that is aging, or for all of its folder.
    func renew(_ id: NodeID) {
        let crowded = nodes.table.withLock { table -> NodeID? in
            guard table.isKnown(id), id != .root, let parent = table[id]?.place.parent,
                let state = table[directory: parent], state.agingLookups > Self.agingMax
            else { return nil }
            return parent
        }
        // A listing that is not due says nothing of it.
        if let crowded, !fetcher.isRecentlyListed(crowded) {
            _ = fetcher.renew(crowded)
        } else {
            revalidate(id)
        }
    }

    /// From this many aging names in a folder on, one listing is cheaper than asking for each.
    private static let agingMax = 3

    func revalidate(_ id: NodeID) {
        let isFirst = revalidating.withLock { set in
            set.count < Self.revalidationsMax && set.insert(id).inserted
        }
        guard isFirst else { return }
        let asked = nodes.table.withLock {
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
        nodes.counters.withLock { $0.revalidations += 1 }
        share.attributes(of: location, urgency: .background) { [self] result in
            let isSettled = settle(id, place, question, result) != nil
            revalidating.withLock { _ = $0.remove(id) }
            // Changed meanwhile: once it is quiet.
            if !isSettled { upkeep.add(.revalidate(id)) }
        }
    }

    /// Asks behind everybody's back how a folder is, and takes that in.
    ///
    /// - Parameter completion: called once, with what the share said; `again` where the view has changed the folder meanwhile.
    func check(
        _ id: NodeID, completion: @escaping @Sendable (Result<FileAttributes, Errno>) -> Void
    ) {
        let asked = nodes.table.withLock {
            table -> (ShareLocation, Node.Place, OpenQuestions.Number)? in
            guard table.isKnown(id), let location = table.location(of: id),
                let place = table[id]?.place
            else { return nil }
            return (location, place, table.questions.ask(.node(id)))
        }
        guard let (location, place, question) = asked else {
            return completion(.failure(.stale))
        }
        nodes.counters.withLock { $0.revalidations += 1 }
        share.attributes(of: location, urgency: .background) { [self] result in
            let isSettled = settle(id, place, question, result) != nil
            completion(isSettled ? result : .failure(.again))
        }
    }

    /// Asks the share for a name that somebody was told is not there.
    func lookFor(_ place: Node.Place) {
        let isFirst = lookedFor.withLock { set in
            set.count < Self.revalidationsMax && set.insert(place).inserted
        }
        guard isFirst else { return }
        let asked = nodes.table.withLock { table -> (ShareLocation, OpenQuestions.Number)? in
            guard table[directory: place.parent]?.children[place.name] == nil,
                let location = table.location(of: place.parent, place.name)
            else { return nil }
            return (location, table.questions.ask(.name(place)))
        }
        guard let (location, question) = asked else {
            lookedFor.withLock { _ = $0.remove(place) }
            return
        }
        nodes.counters.withLock { $0.revalidations += 1 }
        share.attributes(of: location, urgency: .background) { [self] result in
            nodes.change { table, now, effects in
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
}
