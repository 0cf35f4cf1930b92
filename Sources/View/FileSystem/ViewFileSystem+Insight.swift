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

/// How a file is dealt with by what it is.
public struct KnownContent: Sendable, Hashable {
    public var finding: ContentFinding
    /// Bytes; of what was read, or stored, as it was cut then.
    public var chunkSize: Int
    public var compression: CompressionRule
    /// nil: none is asked for.
    public var prefetchThreshold: Double?
    /// Where files of its type stay, where there is such a tier.
    public var tier: ContentSettings.Tier

    public init(
        finding: ContentFinding, chunkSize: Int, compression: CompressionRule,
        prefetchThreshold: Double? = nil, tier: ContentSettings.Tier
    ) {
        self.finding = finding
        self.chunkSize = chunkSize
        self.compression = compression
        self.prefetchThreshold = prefetchThreshold
        self.tier = tier
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

    /// Which content type a file is of, why, and what follows from it; what its first bytes say counts once somebody has had them.
    public func content(of path: RelativePath, size: Int64) -> KnownContent {
        let version = nodes.node(at: path).flatMap { nodes.version(of: $0) }
        let rules = configuration.rules
        let finding = version?.signature ?? rules.finding(of: path, size: size)
        return KnownContent(
            finding: finding,
            chunkSize: version?.geometry.chunkSize ?? rules.chunkSize(of: finding.type),
            compression: rules.compression(of: finding.type),
            prefetchThreshold: rules.prefetchThresholds[finding.type],
            tier: rules.tier(of: finding.type))
    }

    /// nil once no name leads to it any more.
    public func path(of number: FileNumber) -> RelativePath? { knownFile(number)?.path }
}
