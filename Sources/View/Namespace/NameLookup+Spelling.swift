import Fuse
import Model
import Share
import Synchronization

/// Names in another case: see ``NodeTable/Spelling``.
extension NameLookup {
    /// The kernel asks for another spelling each time.
    static func believingNothing(
        _ completion: @escaping @Sendable (EntryResult) -> Void
    ) -> @Sendable (EntryResult) -> Void {
        { result in
            completion(
                result.map { entry in
                    var entry = entry
                    entry.entryTimeout = 0
                    return entry
                })
        }
    }

    /// Finds out whether a name is another spelling of one of `others`, and what it leads to.
    func tellApart(
        _ parent: NodeID, _ name: Name, _ others: [Name], attempt: Int = 0,
        completion: @escaping @Sendable (EntryResult) -> Void
    ) {
        guard let known = others.first, attempt < OpenQuestions.overtakenMax else {
            return lookup(parent, asked: name, isToldApart: true, completion)
        }
        guard share.scheduler.isReachable,
            let asked = nodes.table.withLock({ ask($0, parent, name, known) })
        else { return lookupWithoutShare(parent, name, others, completion) }
        let questions = nodes.table.withLock { table in
            [name, known].map {
                table.questions.ask(.name(Node.Place(parent: parent, name: $0)))
            }
        }
        share.tellApart(asked) { [self] result in
            let answer = nodes.change { table, now, effects -> EntryResult? in
                // Each has to be closed.
                let overtaken = questions.filter { table.questions.close($0) }
                guard table.isKnown(parent) else { return .failure(.stale) }
                guard overtaken.isEmpty, !table.isBeingMoved(parent) else { return nil }
                return take(result, &table, parent, name, known, at: now, &effects)
            }
            if let answer { return completion(answer) }
            guard case .failure(let errno) = result, !errno.isAboutFile else {
                // What was changed meanwhile may have made it known.
                return again(parent, name, attempt: attempt + 1, completion)
            }
            lookupWithoutShare(parent, name, others, completion)
        }
    }

    private func ask(
        _ table: borrowing NodeTable, _ parent: NodeID, _ name: Name, _ known: Name
    ) -> SpellingQuestion? {
        guard let asked = table.location(of: parent, name),
            let listed = table.location(of: parent, known)
        else { return nil }
        let untried = table.untriedSpelling(of: name, as: known, in: parent)
        return SpellingQuestion(
            asked: asked, known: listed,
            untried: untried.flatMap { table.location(of: parent, $0.spelling) },
            untriedOf: untried.flatMap { table.location(of: parent, $0.of) },
            isLikely: table.seemsToIgnoreCase(name, known))
    }

    private func again(
        _ parent: NodeID, _ name: Name, attempt: Int,
        _ completion: @escaping @Sendable (EntryResult) -> Void
    ) {
        if case .unknown(let others) = nodes.table.withLock({ $0.spelling(of: name, in: parent) }) {
            tellApart(parent, name, others, attempt: attempt, completion: completion)
        } else {
            lookup(parent, asked: name, isToldApart: false, completion)
        }
    }

    /// A share that ignored case wherever that was tried is taken to do so everywhere; else what its listing says holds.
    private func lookupWithoutShare(
        _ parent: NodeID, _ name: Name, _ others: [Name],
        _ completion: @escaping @Sendable (EntryResult) -> Void
    ) {
        let isSame = nodes.table.withLock { table in
            others.count == 1 && table.seemsToIgnoreCase(name, others[0])
        }
        guard isSame else { return lookup(parent, asked: name, isToldApart: true, completion) }
        lookup(parent, asked: others[0], isToldApart: true, Self.believingNothing(completion))
    }

    /// - Returns: nil where the share has not answered.
    private func take(
        _ result: Result<SpellingAnswer, Errno>, _ table: inout NodeTable, _ parent: NodeID,
        _ name: Name, _ known: Name, at now: Duration, _ effects: inout NodeTable.Effects
    ) -> EntryResult? {
        let isLatin = name.differsInLatinCase(from: known)
        let place = Node.Place(parent: parent, name: name)
        switch result {
        case .success(.one(let attributes)):
            table.note(
                isLatin ? .latinIsIgnored : [.latinIsIgnored, .otherIsIgnored], in: parent,
                by: known, &effects)
            // What is done by the listed name is seen in listings of the share's client, too.
            if !isLatin { table[directory: parent]?.noteShown(name, of: known) }
            let id = found(
                Node.Place(parent: parent, name: known), attributes, &table, at: now, &effects)
            return .success(KnownNodes.entry(&table, id, as: place, at: now))
        case .success(.two(let attributes)):
            table.note(isLatin ? .latinCounts : .otherCounts, in: parent, by: known, &effects)
            return enter(place, attributes, &table, at: now, &effects)
        case .success(.unknown(let attributes)):
            return enter(place, attributes, &table, at: now, &effects)
        case .failure(let errno):
            return errno.isAboutFile ? .failure(errno) : nil
        }
    }

    private func enter(
        _ place: Node.Place, _ attributes: FileAttributes?, _ table: inout NodeTable,
        at now: Duration, _ effects: inout NodeTable.Effects
    ) -> EntryResult {
        guard let attributes else {
            return .success(.negative(timeout: table.enterAbsent(place, at: now, &effects)))
        }
        let id = found(place, attributes, &table, at: now, &effects)
        return .success(KnownNodes.entry(&table, id, at: now))
    }
}
