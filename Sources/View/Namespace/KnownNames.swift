public import Model

import Platform
import Synchronization
import Tiers

/// What is known of a path without asking the share.
public struct KnownNames: Sendable, Hashable {
    public enum Knowledge: Sendable, Hashable {
        /// A folder, all of whose names were listed.
        case complete
        /// A folder of which some names are known.
        case partial
        /// Something that is no folder: the one entry.
        case other
        /// Nothing is known of it, or that it is not there.
        case nothing
    }

    public struct Entry: Sendable, Hashable {
        public var name: Name
        /// nil where nothing but the name is known.
        public var attributes: FileAttributes?
    }

    public var knowledge: Knowledge
    /// In the order of their bytes.
    public var entries: [Entry] = []
    /// There are names behind these.
    public var isMore = false
}

extension Namespace {
    /// How long the index may take.
    private static let indexPatience = Duration.seconds(2)

    /// What is known of a file, or of the names in a folder: from the table, else from the index. Blocks for a look into that.
    ///
    /// - Parameters:
    ///   - after: the last name of the answer before.
    ///   - limit: names at once.
    func knownNames(in path: RelativePath, after: Name?, atMost limit: Int) -> KnownNames {
        switch nodes.table.withLock({ $0.whereabouts(of: path) }) {
        case .nowhere: return KnownNames(knowledge: .nothing)
        case .other(let id):
            let name = path.components.last ?? Name("")
            let attributes = nodes.table.withLock { $0[id]?.attributes }
            return KnownNames(
                knowledge: .other,
                entries: [KnownNames.Entry(name: name, attributes: attributes)])
        case .folder(let id): return names(in: id, path, after, limit)
        case .unknown: break
        }
        if let listing = listingFromIndex(path) {
            var found = KnownNames(knowledge: .complete)
            take(listing.entries, after, limit, into: &found) { _ in true }
            return found
        }
        guard let name = path.components.last,
            let entry = listingFromIndex(path.parent)?.entries.first(where: { $0.name == name })
        else { return KnownNames(knowledge: .nothing) }
        if entry.attributes.isDirectory { return KnownNames(knowledge: .partial) }
        return KnownNames(
            knowledge: .other,
            entries: [
                KnownNames.Entry(name: name, attributes: entry.isNameOnly ? nil : entry.attributes)
            ])
    }

    private func listingFromIndex(_ path: RelativePath) -> StoredListing? {
        stored.listing(of: path, within: Self.indexPatience)
    }

    private func names(
        in id: NodeID, _ path: RelativePath, _ after: Name?, _ limit: Int
    ) -> KnownNames {
        let (names, isComplete, isStored) = nodes.table.withLock {
            table -> ([Name], Bool, Bool) in
            guard let state = table[directory: id] else { return ([], false, false) }
            let isComplete = state.knowledge == .complete
            return (
                Array(state.children.keys) + state.nameOnly, isComplete,
                !isComplete && !state.isStoredListingGone
            )
        }
        var found = KnownNames(knowledge: isComplete ? .complete : .partial)
        if isStored, let listing = listingFromIndex(path) {
            found.knowledge = .complete
            let gone = nodes.table.withLock { table in
                Set(table[directory: id].map { Array($0.absent.keys) } ?? [])
            }
            take(listing.entries, after, limit, into: &found) { !gone.contains($0) }
        }
        let (page, isMore) = Self.first(limit, of: names, after: after)
        let known = nodes.table.withLock { table in
            page.map { name in
                let child = table[directory: id]?.children[name]
                return KnownNames.Entry(
                    name: name, attributes: child.flatMap { table[$0]?.attributes })
            }
        }
        found.add(known, isMore: isMore, limit: limit)
        return found
    }

    private func take(
        _ entries: [StoredListing.Entry], _ after: Name?, _ limit: Int,
        into found: inout KnownNames, where isThere: (Name) -> Bool
    ) {
        let (page, isMore) = Self.first(
            limit, of: entries.map(\.name).filter(isThere), after: after)
        let wanted = Set(page)
        let known = entries.filter { wanted.contains($0.name) }.map {
            KnownNames.Entry(name: $0.name, attributes: $0.isNameOnly ? nil : $0.attributes)
        }
        found.add(
            known.sorted { $0.name.isBefore($1.name) }, isMore: isMore, limit: limit)
    }

    /// The first names behind one, in order, without sorting those that are not wanted.
    static func first(
        _ limit: Int, of names: [Name], after: Name?
    ) -> (names: [Name], isMore: Bool) {
        var kept: [Name] = []
        var isMore = false
        func settle() {
            kept.sort { $0.isBefore($1) }
            isMore = isMore || kept.count > limit
            kept.removeLast(max(0, kept.count - limit))
        }
        var bound: Name?
        for name in names {
            if let after, !after.isBefore(name) { continue }
            if let bound, !name.isBefore(bound) {
                isMore = true
                continue
            }
            kept.append(name)
            guard kept.count >= 2 * limit else { continue }
            settle()
            bound = kept.last
        }
        settle()
        return (kept, isMore)
    }
}

extension KnownNames {
    /// Takes in a page of further entries, which are in order and win over those of the same name.
    fileprivate mutating func add(_ page: [Entry], isMore more: Bool, limit: Int) {
        let others = Set(page.map(\.name))
        let all = (entries.filter { !others.contains($0.name) } + page)
            .sorted { $0.name.isBefore($1.name) }
        // Behind the end of a page that was cut off, others may be missing.
        let ends = [(entries, isMore), (page, more)].compactMap { $0.1 ? $0.0.last?.name : nil }
        let end = ends.min { $0.isBefore($1) }
        let whole = end.map { end in all.filter { !end.isBefore($0.name) } } ?? all
        entries = Array(whole.prefix(limit))
        isMore = isMore || more || all.count > entries.count
    }
}

extension Name {
    /// In the order of their bytes.
    fileprivate func isBefore(_ other: Name) -> Bool {
        bytes.lexicographicallyPrecedes(other.bytes)
    }
}
