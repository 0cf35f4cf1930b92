public import Model

/// What is to be forgotten.
public enum HistorySelection: Sendable {
    case everything
    /// A file, or a folder with all below it.
    case below(RelativePath)
    /// Whatever is excluded.
    case excluded(HistoryExclusions)

    public func contains(_ event: HistoryEvent) -> Bool {
        contains(event.path, isFolder: event.action == .list)
    }

    func contains(_ path: RelativePath, isFolder: Bool) -> Bool {
        switch self {
        case .everything: true
        case .below(let top): path.components.starts(with: top.components)
        case .excluded(let exclusions): exclusions.contain(path, isFolder: isFolder)
        }
    }
}
