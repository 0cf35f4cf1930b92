/// The network between client and share: a round trip for every request, and one line that all bytes share.
///
/// Requests overlap: each arrives at the share half a round trip after it was sent, whatever else is on its
/// way. Its bytes then wait until the line is free, take `bytes / bandwidth` on it, and arrive half a round
/// trip later. Reads and writes share the line. Pure: told the time, and tells when an answer is due.
struct Link: Hashable, Sendable {
    var roundTrip: Duration
    /// Bytes per second; nil is without bound.
    var bandwidth: Double?
    /// When the last transfer so far leaves the line.
    private var freeAt = Duration.zero

    init(roundTrip: Duration, bandwidth: Double?) {
        self.roundTrip = roundTrip
        self.bandwidth = bandwidth
    }

    /// Puts the bytes of one request on the line.
    ///
    /// - Parameters:
    ///   - bytes: what the request carries, either way.
    ///   - sent: when the client sent it.
    /// - Returns: when the client has its answer.
    mutating func answer(to bytes: Int, sent: Duration) -> Duration {
        guard bytes > 0, let bandwidth else { return sent + roundTrip }
        let half = roundTrip / 2
        freeAt = max(freeAt, sent + half) + .seconds(Double(bytes) / bandwidth)
        return freeAt + half
    }

    /// Another bandwidth from `now` on: what is queued on the line is not sent again at the new rate.
    mutating func setBandwidth(_ bandwidth: Double?, now: Duration) {
        self.bandwidth = bandwidth
        freeAt = min(freeAt, now)
    }
}
