public import Model

/// Sees every open and read and answers with what should be fetched before it is asked for.
///
/// Pure: no I/O, no clock of its own; the same events give the same answers, so that decisions can be
/// replayed. The owner guards it with a lock and acts on the answers outside of it. Bounded: at most
/// ``filesMax`` files with ``streamsMax`` streams each are remembered, least recently read first to go.
public struct Foresight: Sendable {
    public struct Configuration: Sendable {
        /// nil: moves by itself, starting with `balanced`.
        public var strategy: Strategy?
        /// Bytes ahead of one stream, at most, whatever the strategy allows; 0 switches prefetching off.
        public var windowMax: ByteCount
        /// Bytes fetched ahead and not read yet, of all streams together, at most.
        public var budget: ByteCount
        /// What is fetched is made of units of this many bytes: the tiers' blocks.
        public var unit: Int
        /// Programs that read everything and want nothing twice; see ``ScannerList``.
        public var scanners: Set<String>

        public init(
            strategy: Strategy? = nil, windowMax: ByteCount = .mebibytes(32),
            budget: ByteCount = .mebibytes(256), unit: Int = 64 << 10,
            scanners: Set<String> = ScannerList.defaults
        ) {
            self.strategy = strategy
            self.windowMax = windowMax
            self.budget = budget
            self.unit = unit
            self.scanners = scanners
        }
    }

    public static let filesMax = 1024
    public static let streamsMax = 32

    private struct File {
        var streams: [SequentialStream] = []
        var stamp: UInt64 = 0
    }

    private let configuration: Configuration
    private var windowMax: Int64 { configuration.windowMax.bytes }
    private var files: [FileNumber: File] = [:]
    private var stamp: UInt64 = 0
    private var nextPrediction: UInt64 = 0

    public init(_ configuration: Configuration) {
        self.configuration = configuration
    }

    // MARK: - What happens

    public mutating func opened(
        _ event: OpenEvent, among neighbours: borrowing some Neighbourhood
    ) -> PrefetchPlan {
        PrefetchPlan()
    }

    public mutating func closed(_ file: FileNumber, reader: Reader, at now: Duration) {}

    /// - Returns: ranges inside files, beyond what was asked for, none of them issued before and still standing.
    public mutating func read(
        _ event: ReadEvent, among neighbours: borrowing some Neighbourhood
    ) -> PrefetchPlan {
        guard windowMax > 0, !event.range.isEmpty else { return PrefetchPlan() }
        stamp += 1
        if files[event.file] == nil, files.count >= Self.filesMax { forgetOldestFiles() }
        var file = files[event.file] ?? File()
        file.stamp = stamp
        let wanted = Self.advance(&file.streams, event, stamp: stamp, windowMax: windowMax)
        files[event.file] = file
        guard let wanted, !wanted.isEmpty else { return PrefetchPlan() }
        nextPrediction += 1
        var plan = PrefetchPlan()
        plan.requests = [
            PrefetchRequest(
                number: PredictionNumber(nextPrediction), file: event.file, range: wanted,
                confidence: 0.7, reason: .sequential)
        ]
        return plan
    }

    /// The version is gone: so is what was known of it.
    public mutating func forget(_ file: FileNumber) {
        files[file] = nil
    }

    // MARK: - What came of the predictions

    /// A request was taken. - Parameter bytes: of it that had to be fetched; 0 where all were there already.
    public mutating func issued(_ number: PredictionNumber, bytes: Int64) {}

    /// All that a request had to fetch has come.
    public mutating func arrived(_ number: PredictionNumber, at now: Duration) {}

    /// Bytes that were fetched ahead left memory before anybody had read them.
    public mutating func evicted(_ file: FileNumber, _ range: Range<Int64>) {}

    // MARK: - What the world is like

    public mutating func setLink(_ link: LinkState) {}

    public mutating func setPressure(_ pressure: Pressure) {}

    // MARK: - What people see

    public func report(at now: Duration) -> ForesightReport {
        ForesightReport(
            strategy: configuration.strategy ?? .balanced, isPinned: configuration.strategy != nil,
            restraint: nil, streams: [], scores: [], coverage: 0, trafficRatio: 1)
    }

    /// nil for a file of which nothing was seen.
    public func explain(_ file: FileNumber, at now: Duration) -> FileExplanation? { nil }

    /// A quarter at once, so that the search for the oldest is paid for by many files.
    private mutating func forgetOldestFiles() {
        let stamps = files.values.map(\.stamp).sorted()
        let limit = stamps[stamps.count / 4]
        files = files.filter { $0.value.stamp > limit }
    }

    private static func advance(
        _ streams: inout [SequentialStream], _ event: ReadEvent, stamp: UInt64, windowMax: Int64
    ) -> Range<Int64>? {
        let matching = streams.indices
            .filter { streams[$0].matches(event.range) }
            .min { streams[$0].distance(to: event.range) < streams[$1].distance(to: event.range) }
        if let matching {
            streams[matching].stamp = stamp
            return streams[matching].advance(event, windowMax: windowMax)
        }
        if streams.count >= streamsMax,
            let oldest = streams.indices.min(by: { streams[$0].stamp < streams[$1].stamp })
        {
            streams.remove(at: oldest)
        }
        var fresh = SequentialStream(startingWith: event.range, stamp: stamp)
        // A file read from its first byte is nearly always read on; anywhere else, wait for a second read.
        let wanted = event.range.lowerBound == 0 ? fresh.advance(event, windowMax: windowMax) : nil
        streams.append(fresh)
        return wanted
    }
}
