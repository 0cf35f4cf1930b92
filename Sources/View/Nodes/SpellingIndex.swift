import Model

/// Finds names of a folder by what they are where case is ignored.
///
/// A hint: names that are gone stay in it, until it is made anew. About 32 bytes per name, for folders in which names are
/// looked for that are not there.
struct SpellingIndex: Sendable {
    private var first: [Int: Name] = [:]
    private var more: [Int: [Name]] = [:]
    private(set) var count = 0

    init(_ names: some Sequence<Name>, capacity: Int) {
        first.reserveCapacity(capacity)
        for name in names { insert(name) }
    }

    mutating func insert(_ name: Name) {
        let hash = name.caseHash
        guard let known = first.updateValue(name, forKey: hash) else {
            count += 1
            return
        }
        guard known != name, more[hash]?.contains(known) != true else { return }
        more[hash, default: []].append(known)
        count += 1
    }

    /// Names that differ from this one in case alone.
    func others(than name: Name) -> [Name] {
        let hash = name.caseHash
        guard let known = first[hash] else { return [] }
        var found = Set(more[hash] ?? [])
        found.insert(known)
        return found.filter { name.differsInCase(from: $0) }
    }
}
