/// Estimates the share's round trip and bandwidth from the operations that run anyway.
///
/// Pure; times come from the caller. Round trip: the lowest tenth of the last 64 operations that moved at most 64 KiB, less the
/// time that their bytes took. Whoever moves bytes waits for the bytes that were under way before his: what began behind
/// others only says that a round trip takes no longer, so it counts where that is news. The share's own mount may have answered
/// a question from what it remembers, which is no round trip and cannot be told from the answer. So only what must have
/// gone to the share counts by itself (reads past the page cache, changes); a question counts when it took at least half of
/// the least of those (of one behind others: less what came meanwhile), and none does before there is one. Bandwidth: bytes per
/// second while at least one read is under way, measured over spells of a quarter of a second (or until the share falls idle)
/// that moved at least 1 MiB, and averaged exponentially with weight 1/4 per spell.
public struct LinkMeter: Sendable {
    public struct Estimate: Sendable, Hashable {
        /// nil until something was measured.
        public var roundTrip: Duration?
        /// Bytes per second, all lanes together; nil until enough was read at once.
        public var bandwidth: Double?
        public var operations: UInt64
        public var bytes: UInt64
    }

    /// How sure it is that an operation went to the share.
    public enum Way: Sendable {
        /// The share's mount may have answered it.
        case unknown
        case wire
    }

    /// An operation that is under way.
    public struct Start: Sendable {
        fileprivate var time: Duration
        fileprivate var movesBytes: Bool
        /// Others' bytes were under way.
        fileprivate var isBehindOthers: Bool
        /// Moved before, by all.
        fileprivate var bytesBefore: UInt64
    }

    private static let window = 64
    /// Of those that must have gone to the share: few, so that another way to it is soon believed.
    private static let certainWindow = 16
    private static let smallBytes = 64 << 10
    private static let spell = Duration.milliseconds(250)
    private static let spellBytesMin = 1 << 20

    private var small = Recent(Self.window)
    private var certain = Recent(Self.certainWindow)
    /// Less than a round trip, for sure, while nothing certain is known.
    private var provisional: Duration?
    private var bandwidth: Double?
    private var operations: UInt64 = 0
    private var bytes: UInt64 = 0
    private var underWay = 0
    /// Of those: reads, whose bytes share the link.
    private var movingUnderWay = 0
    private var spellStart = Duration.zero
    private var spellBytes = 0

    public init() {}

    /// - Parameter movesBytes: it is no question about names or attributes.
    public mutating func began(at now: Duration, movesBytes: Bool = false) -> Start {
        if underWay == 0 {
            spellStart = now
            spellBytes = 0
        }
        let start = Start(
            time: now, movesBytes: movesBytes, isBehindOthers: movesBytes && movingUnderWay > 0,
            bytesBefore: bytes)
        underWay += 1
        if movesBytes { movingUnderWay += 1 }
        return start
    }

    /// - Parameters:
    ///   - start: of the matching ``began(at:movesBytes:)``.
    ///   - count: bytes moved; 0 for a question.
    public mutating func ended(
        _ start: Start, bytes count: Int, at now: Duration, way: Way = .unknown
    ) {
        operations += 1
        bytes += UInt64(max(0, count))
        underWay -= 1
        if start.movesBytes { movingUnderWay -= 1 }
        if count <= Self.smallBytes { noteRoundTrip(start, now - start.time, bytes: count, way) }
        spellBytes += count
        guard now - spellStart >= Self.spell || underWay == 0 else { return }
        let seconds = (now - spellStart) / .seconds(1)
        if spellBytes >= Self.spellBytesMin, seconds > 0 {
            let rate = Double(spellBytes) / seconds
            bandwidth = bandwidth.map { $0 + (rate - $0) / 4 } ?? rate
        }
        spellStart = now
        spellBytes = 0
    }

    private mutating func noteRoundTrip(
        _ start: Start, _ duration: Duration, bytes count: Int, _ way: Way
    ) {
        let roundTrip = timeLeft(of: duration, without: UInt64(count), atLeast: duration / 2)
        switch way {
        case .wire where !start.isBehindOthers: certain.note(roundTrip)
        case .wire:
            // What came meanwhile cannot be taken off before it is known how long that takes: enough to tell a question that
            // went to the share from one that did not.
            guard bandwidth != nil else {
                let bound = duration / 8
                provisional = min(provisional ?? bound, bound)
                return
            }
            let moved = bytes - start.bytesBefore
            certain.note(timeLeft(of: duration, without: moved, atLeast: duration / 8))
        case .unknown:
            guard let least = certain.least ?? provisional, roundTrip >= least / 2 else { return }
        }
        if start.isBehindOthers, let known = small.lowestTenth, roundTrip >= known { return }
        small.note(roundTrip)
    }

    private func timeLeft(
        of duration: Duration, without bytes: UInt64, atLeast least: Duration
    ) -> Duration {
        guard let bandwidth, bandwidth > 0 else { return duration }
        return max(least, duration - .seconds(Double(bytes) / bandwidth))
    }

    public var estimate: Estimate {
        Estimate(
            roundTrip: small.lowestTenth, bandwidth: bandwidth, operations: operations, bytes: bytes
        )
    }

    /// The last so many durations.
    private struct Recent: Sendable {
        private let count: Int
        private var values: [Duration] = []
        private var next = 0

        init(_ count: Int) {
            self.count = count
        }

        mutating func note(_ value: Duration) {
            if values.count < count {
                values.append(value)
            } else {
                values[next] = value
                next = (next + 1) % count
            }
        }

        var least: Duration? { values.min() }
        var lowestTenth: Duration? { values.isEmpty ? nil : values.sorted()[values.count / 10] }
    }
}
