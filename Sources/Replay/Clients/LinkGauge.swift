import Foresight

/// What the view would know of the link, measured as it does: bytes per second while requests are under way, over
/// spells of a quarter of a second that moved at least 1 MiB, averaged with a weight of a quarter.
///
/// The round trip is taken from the model: there is always a question about some name under way.
struct LinkGauge: Sendable {
    private static let spell: Int64 = 250_000_000
    private static let spellBytesMin: Int64 = 1 << 20

    private var bandwidth: Double?
    private var underWay = 0
    private var start: Int64 = 0
    private var bytes: Int64 = 0

    /// - Parameter now: nanoseconds.
    mutating func began(at now: Int64) {
        if underWay == 0 {
            start = now
            bytes = 0
        }
        underWay += 1
    }

    mutating func ended(bytes count: Int64, at now: Int64) {
        underWay -= 1
        bytes += count
        guard now - start >= Self.spell || underWay == 0 else { return }
        if bytes >= Self.spellBytesMin, now > start {
            let rate = Double(bytes) / (Double(now - start) / 1e9)
            bandwidth = bandwidth.map { $0 + (rate - $0) / 4 } ?? rate
        }
        start = now
        bytes = 0
    }

    /// - Parameter assumed: the bandwidth before anything was measured.
    func link(of share: ShareModel, assumed: Double, at now: Int64) -> LinkState {
        LinkState(
            roundTrip: .nanoseconds(share.roundTrip(at: now)), bandwidth: bandwidth ?? assumed)
    }
}
