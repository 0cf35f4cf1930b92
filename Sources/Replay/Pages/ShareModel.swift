/// The modelled way to the share.
public struct ShareModel: Sendable, Equatable {
    /// Nanoseconds from a request to its first byte.
    public var roundTrip: Int64 = 8_000_000
    /// Bytes per second, shared by all requests.
    public var bandwidth: Double = 100e6
    /// Requests under way at once.
    public var lanes = 16

    /// From a moment on, the way is another one.
    struct Change: Sendable, Equatable {
        /// Nanoseconds.
        var at: Int64
        var roundTrip: Int64
        var bandwidth: Double
    }

    /// In the order of time; only the client model knows them.
    var changes: [Change] = []

    public init() {}

    public init(roundTrip: Int64, bandwidth: Double, lanes: Int = 16) {
        self.roundTrip = roundTrip
        self.bandwidth = bandwidth
        self.lanes = lanes
    }

    /// Nanoseconds on the wire.
    func transfer(_ bytes: Int64) -> Int64 { Int64(Double(bytes) / bandwidth * 1e9) }

    func roundTrip(at now: Int64) -> Int64 {
        changes.last { $0.at <= now }?.roundTrip ?? roundTrip
    }

    /// When the last of `bytes` has come that begin to flow at `start`, through all changes on the way.
    func end(of bytes: Int64, from start: Int64) -> Int64 {
        guard !changes.isEmpty else { return start + transfer(bytes) }
        var now = start
        var left = Double(bytes)
        var rate = changes.last { $0.at <= now }?.bandwidth ?? bandwidth
        for change in changes where change.at > now {
            let carried = rate * Double(change.at - now) / 1e9
            guard carried < left else { break }
            left -= carried
            now = change.at
            rate = change.bandwidth
        }
        return now + Int64(left / rate * 1e9)
    }

    /// Nanoseconds that a read waits for `bytes` that are missing, alone on the link.
    func wait(forBytes bytes: Int64, _ isNeeded: Bool) -> Int64 {
        isNeeded ? roundTrip + transfer(bytes) : 0
    }
}
