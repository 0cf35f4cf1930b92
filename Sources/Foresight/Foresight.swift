/// Sees every read and answers with what should be fetched before it is asked for.
///
/// Pure: no I/O, no clock of its own; the same events give the same answers, so that decisions can be
/// replayed. The owner guards it with a lock and acts on the answers outside of it. Bounded: at most
/// ``filesMax`` files with ``streamsMax`` streams each are remembered, least recently read first to go.
public struct Foresight: Sendable {
    public static let filesMax = 1024
    public static let streamsMax = 8

    private struct File {
        var streams: [SequentialStream] = []
        var stamp: UInt64 = 0
    }

    private let windowMax: Int64
    private var files: [FileNumber: File] = [:]
    private var stamp: UInt64 = 0

    /// - Parameter windowMax: bytes read ahead of one stream, at most; 0 switches readahead off.
    public init(windowMax: Int64) {
        self.windowMax = windowMax
    }

    /// - Returns: ranges inside the file, beyond `event.range`, not asked for before by the same stream.
    public mutating func observe(_ event: ReadEvent) -> [PrefetchRequest] {
        guard windowMax > 0, !event.range.isEmpty else { return [] }
        stamp += 1
        if files[event.file] == nil, files.count >= Self.filesMax { forgetOldestFiles() }
        var file = files[event.file] ?? File()
        file.stamp = stamp
        let wanted = Self.advance(&file.streams, event, stamp: stamp, windowMax: windowMax)
        files[event.file] = file
        guard let wanted, !wanted.isEmpty else { return [] }
        return [
            PrefetchRequest(file: event.file, range: wanted, confidence: 0.7, reason: .sequential)
        ]
    }

    /// The version is gone: so is what was known of it.
    public mutating func forget(_ file: FileNumber) {
        files[file] = nil
    }

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
