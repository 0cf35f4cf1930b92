import Model
import Platform
import Share
import Synchronization
import Tiers

/// A listing as it comes from the share, batch by batch: each is in the table, and out of the way, before the next one is
/// asked for. What it takes beside the table's nodes is a batch, the order of the names and the set of them.
extension ListingFetcher {
    /// - Returns: false when the rest is of no use.
    func take(_ batch: DirectoryBatch, into assembly: Mutexed<ListingAssembly>) -> Bool {
        let now = nodes.now
        let (id, question) = assembly.withLock { assembly in
            if batch.isFirst {
                assembly.directory = batch.directory
                assembly.order = []
            }
            assembly.cost += max(.zero, now - batch.askedAt)
            assembly.refused = batch.refused
            assembly.hasGaps = batch.hasGaps
            return (assembly.id, assembly.question)
        }
        guard nodes.table.withLock({ $0.isListable(id, question, batch.directory) }) else {
            return false
        }
        if batch.unreadable > 0 {
            nodes.counters.withLock { $0.unreadableEntries += UInt64(batch.unreadable) }
        }
        let order = nodes.merge(
            batch.entries.map {
                StoredListing.Entry(
                    name: $0.name, attributes: $0.attributes, isNameOnly: $0.isNameOnly)
            }, into: id, question: question, validity: nil, at: batch.askedAt)
        assembly.withLock { $0.order.append(contentsOf: order) }
        return true
    }

    /// The end of a listing.
    ///
    /// - Parameter isLast: another attempt is not made.
    /// - Returns: nil where the folder has to be looked for again, since a folder above it was renamed or somebody wanted it to be
    ///   asked for anew meanwhile; the question is closed then.
    func finish(
        _ assembly: ListingAssembly, _ result: Result<Void, Errno>, isLast: Bool
    ) -> ListingResult? {
        noteRefused(assembly)
        let isLarge = assembly.order.count >= KnownNodes.largeListing
        defer { if isLarge { upkeep.add(.giveBack) } }
        guard case .success = result, let directory = assembly.directory else {
            return fail(assembly, result.errno ?? .canceled, isLarge: isLarge, isLast: isLast)
        }
        let (id, question, start) = (assembly.id, assembly.question, assembly.since)
        // It may be gone, or what was listed is another.
        guard nodes.table.withLock({ $0.isListable(id, question, directory) }) else {
            return fail(assembly, .canceled, isLarge: isLarge, isLast: isLast)
        }
        let snapshot = nodes.finish(
            id, assembly.order, question: question, directory: directory, validity: nil,
            cost: assembly.cost, at: start, isWhole: !assembly.hasGaps
        ) { table, effects in
            // Names that came or went meanwhile moved its times, and they are to be asked for.
            if table.questions.overtakenNames(question).isEmpty {
                table.update(id, directory, at: start, &effects)
            }
        }
        stored.store(id, directory: directory, question)
        // Somebody wants to know what is there now.
        if !isLast, nodes.table.withLock({ $0.isDoubted(askedAt: start) }) { return nil }
        return snapshot.map { .success($0) } ?? .failure(.stale)
    }

    private func fail(
        _ assembly: ListingAssembly, _ errno: Errno, isLarge: Bool, isLast: Bool
    ) -> ListingResult? {
        let id = assembly.id
        var effects = NodeTable.Effects()
        let (isThere, isPathChanged) = nodes.table.withLock { table in
            let isPathChanged =
                table.questions.isPathChanged(assembly.question) || table.isBeingMoved(id)
            table.failListing(id, assembly.question, isLarge: isLarge, &effects)
            return (table.path(of: id) != nil, isPathChanged)
        }
        nodes.apply(effects)
        if isPathChanged, errno.isAboutPath {
            return isThere && !isLast ? nil : .failure(.stale)
        }
        switch errno {
        case .noSuchFile, .notDirectory: vanished(id)
        case .stale: nodes.change { $0.distrustFolders(above: id, &$2) }
        case .overflow:
            log(
                .warning, path: assembly.path.bytes,
                "a folder of the share has more than \(ListingBounds().namesMax) names, or no end of them:"
                    + " it is not listed")
        case .symlinkLoop:
            log(
                .warning, path: assembly.path.bytes,
                "a folder of the share lists the same names again and again: it is not listed;"
                    + " its server or the file system there is at fault")
        default: break
        }
        return .failure(errno == .canceled ? .stale : errno)
    }

    /// Counts what was left out, and says it once per folder.
    private func noteRefused(_ assembly: ListingAssembly) {
        guard assembly.refused > 0 else { return }
        nodes.counters.withLock { $0.refusedEntries += UInt64(assembly.refused) }
        let isSaid = nodes.table.withLock { table in
            defer { table[directory: assembly.id]?.isRefusalSaid = true }
            return table[directory: assembly.id]?.isRefusalSaid ?? true
        }
        guard !isSaid else { return }
        log(
            .warning, kind: "refused entries",
            "entries of a folder are left out, since they cannot be names or come twice (\(assembly.refused)):"
                + " the share's server or the file system there is at fault")
        log(
            .info, kind: "refused entries of", path: assembly.path.bytes,
            "the folder of which entries are left out")
    }
}

extension NodeTable {
    /// Whether what comes of a listing is of the folder that was asked for, and can be entered.
    ///
    /// A listing goes by the folder's descriptor, so it does not matter where the folder has been moved meanwhile; but it may
    /// have been looked for on its old path after that, where another may lie.
    ///
    /// - Parameter found: of what is listed.
    fileprivate func isListable(
        _ id: NodeID, _ question: OpenQuestions.Number, _ found: FileAttributes
    ) -> Bool {
        guard isKnown(id), let node = self[id], !node.isDetached, directories[id] != nil else {
            return false
        }
        let isSure = !questions.isPathChanged(question) && !isBeingMoved(id)
        return isSure || found.inode == node.attributes.inode
    }
}

extension Errno {
    /// Whether it may say that a path leads to something else.
    fileprivate var isAboutPath: Bool {
        switch self {
        case .noSuchFile, .notDirectory, .stale, .canceled: true
        default: false
        }
    }
}

extension Result where Failure == Errno {
    fileprivate var errno: Errno? {
        if case .failure(let errno) = self { return errno }
        return nil
    }
}
