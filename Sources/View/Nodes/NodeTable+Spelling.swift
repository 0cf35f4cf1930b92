import Model
import Share

/// Names in another case than their folder lists them in.
///
/// A folder's names are in the table as they are listed, or as they were asked for until then. One that is asked for in
/// another case leads to these where the share has shown that it ignores case in that folder; the kernel is told to believe
/// nothing of it beyond the moment, so that all that it believes of names is told by names of the table.
extension NodeTable {
    enum Spelling: Sendable {
        /// It is listed so, or it is like no other name.
        case asAsked
        /// It is this one's other spelling.
        case listed(Name)
        /// The share has to be asked. With several no one can be meant.
        case unknown([Name])
    }

    /// What a name may be that is asked for in `parent`.
    mutating func spelling(of name: Name, in parent: NodeID) -> Spelling {
        guard let state = directories[parent], state.children[name] == nil,
            !state.nameOnly.contains(name), !state.caseFindings.heedsCase(isLatin: true)
        else { return .asAsked }
        let others = directories[parent]?.otherSpellings(of: name) ?? []
        guard let other = others.first else { return .asAsked }
        guard others.count == 1 else { return .unknown(others) }
        let isLatin = name.differsInLatinCase(from: other)
        if state.shownSpellings[name] == other { return .listed(other) }
        if state.caseFindings.heedsCase(isLatin: isLatin) { return .asAsked }
        // That the case of one letter is ignored says little of those of another alphabet: each spelling is asked for, once.
        return isLatin && state.caseFindings.ignoresCase(isLatin: true)
            ? .listed(other) : .unknown(others)
    }

    /// The name that is meant, where it is known by another spelling.
    mutating func listed(_ place: Node.Place) -> Node.Place {
        guard case .listed(let name) = spelling(of: place.name, in: place.parent) else {
            return place
        }
        return Node.Place(parent: place.parent, name: name)
    }

    /// A name and all of its folder that are like it, whatever is known of the case there.
    mutating func spelledAlike(_ place: Node.Place) -> [Node.Place] {
        guard let state = directories[place.parent],
            !state.caseFindings.heedsCase(isLatin: true)
        else { return [place] }
        let others = directories[place.parent]?.otherSpellings(of: place.name) ?? []
        return [place] + others.map { Node.Place(parent: place.parent, name: $0) }
    }

    /// Whether the share ignores case wherever that was tried.
    func seemsToIgnoreCase(_ name: Name, _ other: Name) -> Bool {
        shareFindings.ignoresCase(isLatin: name.differsInLatinCase(from: other))
    }

    private var shareFindings: CaseFindings {
        caseFindings.isEmpty ? formerCaseFindings : caseFindings
    }

    /// The share has shown whether a name that is `known` has other spellings.
    mutating func note(
        _ findings: CaseFindings, in folder: NodeID, by known: Name, _ effects: inout Effects
    ) {
        directories[folder]?.caseFindings.formUnion(findings)
        if findings.heedsCase(isLatin: false) { directories[folder]?.caseWitness = known }
        guard !findings.isSubset(of: caseFindings) else { return }
        caseFindings.formUnion(findings)
        effects.caseFindings = caseFindings
    }

    /// A name of a folder and a spelling of it by which nobody has looked: a share that finds it so ignores case.
    ///
    /// - Parameters:
    ///   - name: what is asked for. The spelling is one of it where it has letters enough.
    ///   - known: the name of the folder that it may be.
    func untriedSpelling(
        of name: Name, as known: Name, in folder: NodeID
    ) -> (of: Name, spelling: Name)? {
        guard let state = directories[folder] else { return nil }
        func isUntried(_ other: Name) -> Bool {
            other != name && state.children[other] == nil && !state.nameOnly.contains(other)
        }
        if let spelling = name.inOtherCases.first(where: isUntried) { return (known, spelling) }
        guard name.differsInLatinCase(from: known) else { return nil }
        for entry in state.order.prefix(Self.untriedMax) where state.children[entry.name] != nil {
            if let spelling = entry.name.inOtherCases.first(where: isUntried) {
                return (entry.name, spelling)
            }
        }
        return nil
    }

    /// Other names of a folder that are looked at for want of letters in one.
    private static let untriedMax = 16

    /// Whether the kernel may be told that a name is not there. Where case is ignored it would not notice that the name is made in
    /// another spelling.
    func mayBelieveAbsence(in folder: NodeID) -> Bool {
        let findings = directories[folder]?.caseFindings ?? []
        return !(findings.isEmpty ? shareFindings : findings).contains(.latinIsIgnored)
    }

    // MARK: - Changes

    /// A name was made by way of the view: it is there in no other case, or the share heeds case. What the kernel was told of
    /// others is not so any more.
    mutating func madeSpelling(_ place: Node.Place, _ effects: inout Effects) {
        guard let state = directories[place.parent], !state.caseFindings.heedsCase(isLatin: true)
        else { return }
        for name in state.absent.keys where name.differsInCase(from: place.name) {
            directories[place.parent]?.forgetAbsent(name)
            effects.notices.append(.entry(parent: place.parent, name: name))
        }
    }

    /// As ``madeSpelling(_:_:)``, before it is entered.
    mutating func makesSpelling(_ place: Node.Place, at now: Duration, _ effects: inout Effects) {
        switch spelling(of: place.name, in: place.parent) {
        case .asAsked: break
        case .listed(let other):
            // It could not have been made, were that there and the same.
            directories[place.parent]?.forgetCase()
            distrust([other], in: place.parent, at: now, &effects)
        case .unknown(let others): distrust(others, in: place.parent, at: now, &effects)
        }
    }

    /// Something was done to a name that is not known, and may be another spelling of these.
    mutating func changedSpelling(
        _ place: Node.Place, at now: Duration, _ effects: inout Effects
    ) {
        guard case .unknown(let others) = spelling(of: place.name, in: place.parent) else { return }
        distrust(others, in: place.parent, at: now, &effects)
    }

    private mutating func distrust(
        _ names: [Name], in folder: NodeID, at now: Duration, _ effects: inout Effects
    ) {
        for name in names {
            doubt(
                Node.Place(parent: folder, name: name), isRefused: false, at: now, &effects)
        }
    }

    /// A name was taken away by another spelling than the kernel may believe in.
    func spelledOtherwise(_ place: Node.Place, than asked: Name, _ effects: inout Effects) {
        guard place.name != asked else { return }
        effects.notices.append(.entry(parent: place.parent, name: place.name))
    }

    /// How the share spells a name after this is not known: its folder is listed at its next opening.
    mutating func respelled(in folder: NodeID) {
        directories[folder]?.validity.ttl = .zero
    }

    // MARK: - Listings

    /// Names that a listing lacks are other spellings of listed ones, where the share heeds no case; or their files were renamed
    /// so elsewhere. The node that is known stays, under the name that is listed.
    ///
    /// - Parameters:
    ///   - missing: in the folder's `children`, and not in the listing.
    ///   - names: of the listing.
    /// - Returns: those whose node has taken the place of another.
    mutating func adoptSpellings(
        _ missing: Set<Name>, in folder: NodeID, of names: inout [DirectoryState.Entry],
        _ effects: inout Effects
    ) -> Set<Name> {
        guard !missing.isEmpty,
            directories[folder]?.caseFindings.heedsCase(isLatin: true) == false
        else { return [] }
        var adopted: [Name: NodeID] = [:]
        var gone: Set<Name> = []
        for name in missing {
            let others = directories[folder]?.otherSpellings(of: name) ?? []
            guard let listed = others.first(where: { !missing.contains($0) }),
                let old = directories[folder]?.children[name],
                let new = directories[folder]?.children[listed]
            else { continue }
            let isIgnored =
                directories[folder]?.caseFindings.contains(.latinIsIgnored) == true
                && name.differsInLatinCase(from: listed)
            let from = Node.Place(parent: folder, name: name)
            if old != new, isOneFile(old, new, isIgnored: isIgnored),
                adopt(old, as: new, Node.Place(parent: folder, name: listed), &effects)
            {
                adopted[listed] = old
                directories[folder]?.lost(name)
                effects.notices.append(.entry(parent: folder, name: name))
            } else if isIgnored {
                // Whoever has it open goes on in it.
                detach(from, &effects)
            } else {
                continue
            }
            gone.insert(name)
        }
        if !adopted.isEmpty {
            for index in names.indices {
                if let id = adopted[names[index].name] { names[index].node = id }
            }
        }
        return gone
    }

    private func isOneFile(_ old: NodeID, _ new: NodeID, isIgnored: Bool) -> Bool {
        guard let known = self[old]?.attributes, let found = self[new]?.attributes else {
            return false
        }
        // Two names of a file with several may be just that.
        let isSingle =
            found.isDirectory || isIgnored || !found.hasSeveralNames && !known.hasSeveralNames
        return isSingle && known.device == found.device && known.inode == found.inode
            && !known.isKnownToDiffer(from: found)
    }

    /// A node takes the place of one that has only just come and is used by nobody.
    private mutating func adopt(
        _ old: NodeID, as new: NodeID, _ place: Node.Place, _ effects: inout Effects
    ) -> Bool {
        guard isUnreferenced(new), otherPlaces[old] == nil, let node = self[old],
            let found = self[new]
        else { return false }
        // What was changed through the view is asked for before its next use, and what the index has may be older.
        if !node.attributesAreStale, found.validity.since >= node.validity.since {
            update(old, found.attributes, validity: nil, at: found.validity.since, &effects)
        }
        if node.attributes.isDirectory {
            pathsChanged(below: old)
            if let path = path(of: old) { effects.staleDirectories.append(path) }
        }
        // What is stored of it is found under its path.
        for id in [old] + below(old) {
            guard let file = self[id]?.file else { continue }
            effects.dropped.append(file)
            beginVersion(id)
        }
        directories[place.parent]?.children[place.name] = old
        drop(new, &effects)
        self[old]?.place = place
        return true
    }

    /// All nodes below a folder.
    private func below(_ folder: NodeID) -> [NodeID] {
        var found: [NodeID] = []
        var queue = [folder]
        while let next = queue.popLast() {
            let children = directories[next]?.children.values.map { $0 } ?? []
            found += children
            queue += children
        }
        return found
    }
}
