import Model
import Platform
import Share
import Synchronization
import Tiers

/// From the share's listings, and the index's, into the table.
extension KnownNodes {
    /// From so many entries on, what a listing took for a moment is given back to the kernel.
    static let largeListing = 10_000
    /// Entries that are merged, or copied, under one hold of the table's lock: lookups get in between.
    static let mergedAtOnce = 512

    /// Merges a part of a listing, and does what that asks for.
    ///
    /// - Returns: the entries with their nodes.
    func merge(
        _ entries: [StoredListing.Entry], into directory: NodeID,
        question: OpenQuestions.Number? = nil, validity: Validity?, fetchedAt: Timestamp? = nil,
        at now: Duration
    ) -> [DirectoryState.Entry] {
        var order: [DirectoryState.Entry] = []
        order.reserveCapacity(entries.count)
        var rest = entries[...]
        while !rest.isEmpty {
            let batch = rest.prefix(Self.mergedAtOnce)
            rest = rest.dropFirst(batch.count)
            var effects = NodeTable.Effects()
            order += table.withLock { table in
                defer { table.trim(sparing: directory, &effects) }
                return table.merge(
                    batch, into: directory, question: question, validity: validity,
                    fetchedAt: fetchedAt, at: now, &effects)
            }
            apply(effects)
        }
        return order
    }

    /// All of a listing is merged.
    ///
    /// - Parameters:
    ///   - isWhole: false where the folder may have names that are not listed: what was listed is shown to whoever opened
    ///     the folder, and of nothing else is it said that it is not there.
    ///   - before: done in the same moment.
    /// - Returns: what whoever waits for it is to read.
    @discardableResult
    func finish(
        _ directory: NodeID, _ order: [DirectoryState.Entry],
        question: OpenQuestions.Number? = nil, directory attributes: FileAttributes,
        validity: Validity?, cost: Duration, at now: Duration, isWhole: Bool = true,
        before: (inout NodeTable, inout NodeTable.Effects) -> Void = { _, _ in }
    ) -> ListingSnapshot? {
        var effects = NodeTable.Effects()
        let snapshot = table.withLock { table -> ListingSnapshot? in
            before(&table, &effects)
            table.finishListing(
                directory, order, question: question, directory: attributes, validity: validity,
                cost: cost, at: now, &effects)
            defer { if !isWhole { table[directory: directory]?.knowledge = .partial } }
            return table.snapshot(of: directory, order, question)
        }
        apply(effects)
        return snapshot
    }

    /// Gives back what is known at and below a path and nobody refers to.
    func forgetInside(of path: RelativePath) {
        change { table, _, effects in
            if let id = table.node(at: path) { table.forgetInside(of: id, &effects) }
        }
        upkeep.add(.giveBack)
    }
}
