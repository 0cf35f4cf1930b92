import Model
import Platform

/// Whether a tier can be trusted with another try. A pure value; told the time.
///
/// After a failure nothing is tried for a pause; the first success after it ends the trouble. The pause doubles up to
/// ``pauseMax``, and begins anew when there was no trouble for that long.
struct TierHealth: Sendable {
    static let pauseMin = Duration.seconds(5)
    static let pauseMax = Duration.seconds(60)

    private(set) var reason: String?
    private var pause = TierHealth.pauseMin
    private var retryAt = Duration.zero

    func mayTry(now: Duration) -> Bool { reason == nil || now >= retryAt }

    mutating func fail(_ reason: String, now: Duration) {
        if self.reason == nil, retryAt == .zero || now >= retryAt + Self.pauseMax {
            pause = Self.pauseMin
        } else if now >= retryAt {
            pause = min(pause * 2, Self.pauseMax)
        }
        self.reason = reason
        retryAt = now + pause
    }

    /// - Returns: true when this ended a trouble.
    mutating func succeed() -> Bool {
        defer { reason = nil }
        return reason != nil
    }
}
