/// Estimates the share's round trip and bandwidth from the operations that run anyway.
///
/// Pure; times come from the caller. Round trip: the lowest tenth of the last 64 operations that moved at most
/// 4 KiB, for the others waited for what was under way before them. Bandwidth: bytes per second while at least one read is under way, measured over spells of a
/// quarter of a second (or until the share falls idle) that moved at least 1 MiB, and averaged exponentially
/// with weight 1/4 per spell.
public struct LinkMeter: Sendable {
    public struct Estimate: Sendable, Hashable {
        /// nil until something was measured.
        public var roundTrip: Duration?
        /// Bytes per second, all lanes together; nil until enough was read at once.
        public var bandwidth: Double?
        public var operations: UInt64
        public var bytes: UInt64
    }

    private static let window = 64
    private static let spell = Duration.milliseconds(250)
    private static let spellBytesMin = 1 << 20

    private var small: [Duration] = []
    private var next = 0
    private var bandwidth: Double?
    private var operations: UInt64 = 0
    private var bytes: UInt64 = 0
    private var underWay = 0
    private var spellStart = Duration.zero
    private var spellBytes = 0

    public init() {}

    public mutating func began(at now: Duration) {
        if underWay == 0 {
            spellStart = now
            spellBytes = 0
        }
        underWay += 1
    }

    /// - Parameters:
    ///   - count: bytes moved; 0 for a question about names or attributes.
    ///   - duration: since the matching ``began(at:)``.
    public mutating func ended(bytes count: Int, duration: Duration, at now: Duration) {
        operations += 1
        bytes += UInt64(max(0, count))
        underWay -= 1
        if count <= 4096 { noteRoundTrip(duration) }
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

    private mutating func noteRoundTrip(_ duration: Duration) {
        if small.count < Self.window {
            small.append(duration)
        } else {
            small[next] = duration
            next = (next + 1) % Self.window
        }
    }

    public var estimate: Estimate {
        Estimate(
            roundTrip: small.isEmpty ? nil : small.sorted()[small.count / 10], bandwidth: bandwidth,
            operations: operations, bytes: bytes)
    }
}
