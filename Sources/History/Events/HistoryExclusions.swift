public import Model

/// The private list: files of which no history is kept.
///
/// Patterns are those of content types (``ContentPattern``): `*.gpg` is a name in any folder, `Private/**` all
/// files of a folder. A folder whose files are all excluded is excluded itself, so that its listings are not kept
/// either.
public struct HistoryExclusions: Hashable, Sendable {
    public let patterns: [ContentPattern]

    /// Stands for any name in a folder: no pattern that people write names it.
    private static let anyName = Name([0x01])

    public init(_ patterns: [ContentPattern] = []) {
        self.patterns = patterns
    }

    public var isEmpty: Bool { patterns.isEmpty }

    public func contain(_ event: HistoryEvent) -> Bool {
        contain(event.path, isFolder: event.action == .list)
    }

    /// - Parameter isFolder: false for what may be either.
    func contain(_ path: RelativePath, isFolder: Bool) -> Bool {
        guard !patterns.isEmpty else { return false }
        if let name = path.components.last {
            let folder = path.components.dropLast()
            if patterns.contains(where: { $0.matches(name, in: folder) }) { return true }
        }
        guard isFolder else { return false }
        return patterns.contains { $0.matches(Self.anyName, in: path.components[...]) }
    }
}
