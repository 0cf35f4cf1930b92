import Model

/// All that one trace gave: the tables, and what they were made of.
public struct TraceReport: Sendable, Equatable, Encodable {
    /// `pages` (block traces) or `clients` (traces with readers).
    public var model: String
    public var trace: String
    public var events: Int
    public var files: Int
    public var hasClock: Bool
    /// Bytes of a unit of the first table: a page or a block.
    public var unitBytes: Int
    /// Distinct units that are read.
    public var workingSetUnits: Int
    /// Bytes of the cache in the first table.
    public var memoryBytes: Int64
    /// Empty unless asked for.
    public var methods: [MethodRow] = []
    public var eviction: EvictionReport?
    /// nil unless asked for.
    public var correlation: CorrelationReport?
}

/// Replays one trace by the model that fits it.
public enum TraceReplay {
    /// - Parameters:
    ///   - files: what is known of the files, for a trace with readers; without it, the trace is taken as blocks.
    ///   - path: the trace's, named in errors.
    public static func run(
        _ trace: Trace, files: FileList?, _ settings: ReplaySettings, path: String
    ) throws(TraceError) -> TraceReport {
        guard let files, trace.hasReaders else { return pages(trace, settings) }
        let replay = try ClientReplay(trace, files, settings, path: path)
        var report = TraceReport(
            model: "clients", trace: trace.name, events: trace.events.count,
            files: trace.fileIDs.count, hasClock: true, unitBytes: Int(PageCache.pageSize),
            workingSetUnits: Int(replay.distinctBytes / PageCache.pageSize),
            memoryBytes: replay.memory)
        if !settings.methods.isEmpty { report.methods = replay.rows() }
        report.eviction = eviction(
            trace, settings, chunk: ChunkGeometry.blockSizeMax, size: replay.size)
        report.correlation = correlation(trace, settings, size: replay.size)
        return report
    }

    private static func eviction(
        _ trace: Trace, _ settings: ReplaySettings, chunk: Int, size: (Int) -> Int64
    ) -> EvictionReport? {
        guard !settings.policies.isEmpty else { return nil }
        let chunk = settings.chunk ?? chunk
        let sequence = AccessSequence(trace, chunk: chunk, size: size)
        return EvictionReplay(sequence, chunk: chunk, memory: settings.memory)
            .report(settings.policies)
    }

    private static func correlation(
        _ trace: Trace, _ settings: ReplaySettings, size: (Int) -> Int64
    ) -> CorrelationReport? {
        guard let correlations = settings.correlations else { return nil }
        let chunk = settings.chunk ?? CorrelationReplay.chunkDefault
        return CorrelationReplay(
            AccessSequence(trace, chunk: chunk, size: size), chunk: chunk,
            cachePercent: correlations.cachePercent
        ).report()
    }

    private static func pages(_ trace: Trace, _ settings: ReplaySettings) -> TraceReport {
        let replay = PageReplay(trace, settings)
        var report = TraceReport(
            model: "pages", trace: trace.name, events: trace.events.count,
            files: trace.fileIDs.count, hasClock: replay.hasClock,
            unitBytes: Int(PageCache.pageSize), workingSetUnits: replay.workingSetPages,
            memoryBytes: Int64(replay.cachePages) * PageCache.pageSize)
        if !settings.methods.isEmpty { report.methods = replay.rows() }
        report.eviction = eviction(
            trace, settings, chunk: Int(PageCache.pageSize), size: { trace.fileEnds[$0] })
        report.correlation = correlation(trace, settings, size: { trace.fileEnds[$0] })
        return report
    }
}
