import Habits

/// The account of one reason over the predictions that the ledger still has; bytes.
struct ReasonScore: Sendable {
    /// How far a reason is trusted, by its accuracy.
    enum Trust: String, Sendable {
        case full
        /// Accuracy under 0.5: windows of a quarter.
        case capped
        /// Under 0.25: of a sixteenth.
        case cappedHard = "capped hard"
        /// Under 0.1: only watched, until its shadow predictions come true.
        case off
    }

    var predictions = 0
    var issued: Int64 = 0
    var usedInTime: Int64 = 0
    var usedLate: Int64 = 0
    var unused: Int64 = 0
    var inFlight: Int64 = 0
    var ended = 0
    var endedUseful = 0
    /// Of predictions that have ended, watched ones included.
    var recent = RecentAccuracy()

    private(set) var trust = Trust.full
    private var shadowCount = 0
    private var shadowAccuracy = 0.0

    /// Predictions that must have ended before a reason is judged.
    static let endedMin = 16
    static let shadowsMin = 16

    /// Used over used and wasted. What is in flight or waits to be read is neither.
    var accuracy: Double? {
        let used = usedInTime + usedLate
        let judged = used + unused
        return judged > 0 ? Double(used) / Double(judged) : nil
    }

    var precision: Double? { ended > 0 ? Double(endedUseful) / Double(ended) : nil }

    /// What is left of a window.
    var windowDivisor: Int64 {
        switch trust {
        case .full: 1
        case .capped: 4
        case .cappedHard: 16
        case .off: 0
        }
    }

    /// Judges anew, with a margin on the way up so that it does not flutter.
    mutating func judge() {
        guard trust != .off, ended >= Self.endedMin, let accuracy else { return }
        switch accuracy {
        case ..<0.1:
            trust = .off
            shadowCount = 0
            shadowAccuracy = 0
        case ..<0.25: trust = .cappedHard
        case ..<0.3: if trust != .cappedHard { trust = .capped }
        case ..<0.5: trust = .capped
        case ..<0.55: if trust != .full { trust = .capped }
        default: trust = .full
        }
    }

    /// A shadow prediction has ended. - Parameter used: share of it that was read.
    mutating func noteShadow(used: Double) {
        shadowCount += 1
        shadowAccuracy += (used - shadowAccuracy) / Double(min(shadowCount, 32))
        guard trust == .off, shadowCount >= Self.shadowsMin, shadowAccuracy >= 0.5 else {
            return
        }
        // It starts small again, with a clean account.
        trust = .cappedHard
        predictions = 0
        issued = 0
        usedInTime = 0
        usedLate = 0
        unused = 0
        ended = 0
        endedUseful = 0
    }
}
