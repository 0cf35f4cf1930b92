/// The modelled way to the share.
public struct ShareModel: Sendable, Equatable {
    /// Nanoseconds from a request to its first byte.
    public var roundTrip: Int64 = 8_000_000
    /// Bytes per second, shared by all requests.
    public var bandwidth: Double = 100e6
    /// Requests under way at once.
    public var lanes = 16

    public init() {}

    public init(roundTrip: Int64, bandwidth: Double, lanes: Int = 16) {
        self.roundTrip = roundTrip
        self.bandwidth = bandwidth
        self.lanes = lanes
    }

    /// Nanoseconds on the wire.
    func transfer(_ bytes: Int64) -> Int64 { Int64(Double(bytes) / bandwidth * 1e9) }

    /// Nanoseconds that a read waits for `bytes` that are missing, alone on the link.
    func wait(forBytes bytes: Int64, _ isNeeded: Bool) -> Int64 {
        isNeeded ? roundTrip + transfer(bytes) : 0
    }
}
