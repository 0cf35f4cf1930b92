public import Foresight
public import Model

import Platform
import Tiers

/// A file or folder that the view knows, for people.
public struct KnownFile: Sendable, Hashable {
    /// nil once no name leads to it any more.
    public var path: RelativePath?
    public var attributes: FileAttributes

    public init(path: RelativePath?, attributes: FileAttributes) {
        self.path = path
        self.attributes = attributes
    }
}

/// What people see of Foresight. Foresight's file numbers are those of the nodes. Each answer is made from
/// memory, under one lock at a time.
extension ViewFileSystem {
    public func foresightReport() -> ForesightReport {
        prefetcher.report()
    }

    /// nil for a path that the view does not know, and where nothing was opened or read that is remembered.
    public func explanation(of path: RelativePath) -> FileExplanation? {
        guard let id = nodes.node(at: path) else { return nil }
        return prefetcher.explanation(of: id)
    }

    /// Accesses after the record with this number, oldest first; how many between were overwritten; and the number
    /// of the newest.
    public func accessRecords(
        after: UInt64, max: Int
    ) -> (records: [AccessRecord], lost: UInt64, newest: UInt64) {
        prefetcher.records(after: after, max: max)
    }

    /// nil for a number that is not in use any more.
    public func knownFile(_ number: FileNumber) -> KnownFile? {
        nodes.known(NodeID(raw: number.value))
            .map { KnownFile(path: $0.path, attributes: $0.attributes) }
    }

    public func knownFile(at path: RelativePath) -> KnownFile? {
        nodes.known(at: path).map { KnownFile(path: path, attributes: $0) }
    }

    /// Which content type a file is of, and why; what its first bytes say counts once somebody has read them.
    public func contentFinding(of path: RelativePath, size: Int64) -> ContentFinding {
        let version = nodes.node(at: path).flatMap { nodes.version(of: $0) }
        return version?.signature ?? configuration.rules.finding(of: path, size: size)
    }

    /// What follows from a content type.
    public var rules: ContentRules { configuration.rules }

    /// nil once no name leads to it any more.
    public func path(of number: FileNumber) -> RelativePath? { knownFile(number)?.path }
}
