/// Estimates the share's round trip and bandwidth from the operations that run anyway.
///
/// Pure; times come from the caller. Round trip: the median of the last 64 operations that moved at most
/// 4 KiB. Bandwidth: bytes per second of wall time over busy spells, as an exponential average with weight
/// 1/8 per read of at least 256 KiB.
public struct LinkMeter: Sendable {
    public struct Estimate: Sendable, Hashable {
        /// nil until something was measured.
        public var roundTrip: Duration?
        /// Bytes per second of one request of at least 256 KiB; nil until one was made.
        public var bandwidthPerRequest: Double?
        public var operations: UInt64
        public var bytes: UInt64
    }

    private static let window = 64
    private var small: [Duration] = []
    private var next = 0
    private var bandwidth: Double?
    private var operations: UInt64 = 0
    private var bytes: UInt64 = 0

    public init() {}

    public mutating func record(bytes count: Int, duration: Duration) {
        operations += 1
        bytes += UInt64(max(0, count))
        if count <= 4096 {
            if small.count < Self.window {
                small.append(duration)
            } else {
                small[next] = duration
                next = (next + 1) % Self.window
            }
        } else if count >= 256 << 10 {
            let seconds = Double(duration.components.seconds)
                + Double(duration.components.attoseconds) * 1e-18
            guard seconds > 0 else { return }
            let rate = Double(count) / seconds
            bandwidth = bandwidth.map { $0 + (rate - $0) / 8 } ?? rate
        }
    }

    public var estimate: Estimate {
        Estimate(
            roundTrip: small.isEmpty ? nil : small.sorted()[small.count / 2],
            bandwidthPerRequest: bandwidth, operations: operations, bytes: bytes)
    }
}
