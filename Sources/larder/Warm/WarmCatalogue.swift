import Control
import Model

/// What the caches of views have already, so that it is not read again.
///
/// Belongs to one thread.
final class WarmCatalogue {
    private struct Version {
        var stamp: ContentsTree.Stamp
        var changed: Timestamp?
        var tier: CachedBatch.Tier
        var number: Int64
        /// Of the disk, without what memory has as well.
        var bytes: Int64
    }

    private struct Known {
        var versions: [RelativePath: [Version]] = [:]
        /// Paths that were asked for; all where there were many.
        var asked: [RelativePath] = []
    }

    /// Paths in one view that are asked for by themselves.
    private static let singlePathsMax = 32

    private let client: ControlClient
    private var views: [ViewLocator.View: Known] = [:]

    init(_ client: ControlClient) {
        self.client = client
    }

    /// Learns what is cached at and below a path.
    func learn(_ view: ViewLocator.View, _ path: RelativePath) throws(CommandError) {
        var known = views[view] ?? Known()
        let isKnown = known.asked.contains { path.components.starts(with: $0.components) }
        guard !isKnown else { return }
        let wanted = known.asked.count < Self.singlePathsMax ? path : RelativePath()
        // What is asked for may have what was asked for in it.
        if known.asked.contains(where: { $0.components.starts(with: wanted.components) }) {
            known.versions = [:]
            known.asked = []
        }
        known.asked.append(wanted)
        let client = client
        try LsCommand.cached(wanted) { (request) throws(CommandError) in
            try view.ask(request, client) { $0 }
        } take: { batch, tier in
            for file in batch.files { Self.take(file, of: tier, into: &known.versions) }
        }
        views[view] = known
    }

    /// The figures of a view's disk tier; nil where it has none.
    static func disk(
        of view: ViewLocator.View, _ client: ControlClient
    ) throws(CommandError) -> StatusReport.Tier? {
        let report = try view.ask(.status, client) { response in
            if case .status(let report) = response { report } else { nil }
        }
        return report.tiers.first { $0.name == CachedBatch.Tier.disk.rawValue }
    }

    private static func take(
        _ file: CachedBatch.File, of tier: CachedBatch.Tier,
        into versions: inout [RelativePath: [Version]]
    ) {
        let path = file.path.path
        let bytes = file.cachedBytes - file.inMemoryToo
        let known = versions[path]?.firstIndex { $0.tier == tier && $0.number == file.version }
        if let known {
            versions[path]?[known].bytes += bytes
            return
        }
        versions[path, default: []].append(
            Version(
                stamp: ContentsTree.Stamp(size: file.sizeBytes, modified: file.modified),
                changed: file.changed, tier: tier, number: file.version, bytes: bytes))
    }

    /// Bytes that are cached of the version that a file has.
    ///
    /// - Parameter path: absolute.
    func cached(_ view: ViewLocator.View, _ path: [UInt8], _ attributes: FileAttributes) -> Int64 {
        let names = path.dropFirst(view.mountPoint.count).split(separator: UInt8(ascii: "/"))
        let below = RelativePath(names.map { Name(Array($0)) })
        let stamp = ContentsTree.Stamp(size: attributes.size, modified: attributes.modified)
        let meant = views[view]?.versions[below]?.filter {
            $0.stamp == stamp && ($0.changed.map { $0 == attributes.changed } ?? true)
        }
        return CachedBatch.Tier.allCases.reduce(0) { sum, tier in
            let latest = meant?.filter { $0.tier == tier }.max { $0.number < $1.number }
            return sum + (latest?.bytes ?? 0)
        }
    }
}
