/// How long requests queue on the way to the share: the round trip now against what it was at its best.
///
/// LEDBAT (RFC 6817) tells its own queue in this way, and for the same end: to give way before those who wait notice.
/// The floor is the least of the last ten minutes, a minimum per minute; where the way itself has become longer, it is
/// believed once these have gone by.
struct LinkQueue: Sendable {
    /// RFC 6817 §2.5, BASE_HISTORY: minutes.
    static let minutesMax: Int64 = 10
    /// Queueing that nobody minds. RFC 6817 allows 100 ms at most; the 60 ms are those of LEDBAT++ (draft-irtf-iccrg).
    static let target = Duration.milliseconds(60)
    /// What has not moved for so long was measured on a link that is quiet by now.
    static let patience = Duration.seconds(30)

    private struct Minimum: Sendable {
        var minute: Int64
        var least: Duration
    }

    /// One per minute in which something was measured, oldest first, at most ``minutesMax``.
    private var minima: [Minimum] = []
    private var current = Duration.zero
    private var currentSince = Duration.zero

    /// - Parameter roundTrip: of small operations, as measured lately; zero where nothing was.
    mutating func note(_ roundTrip: Duration, at now: Duration) {
        guard roundTrip > .zero else { return }
        if roundTrip != current {
            current = roundTrip
            currentSince = now
        }
        let minute = now.components.seconds / 60
        if let last = minima.last, last.minute >= minute {
            minima[minima.count - 1].least = min(last.least, roundTrip)
        } else {
            minima.append(Minimum(minute: minute, least: roundTrip))
            minima.removeAll { $0.minute <= minute - Self.minutesMax }
        }
    }

    /// What a round trip takes when nobody is before us; zero until something was measured.
    var floor: Duration { minima.map(\.least).min() ?? .zero }

    /// Time in the queue, over itself and the longer of ``target`` and the floor: 0 ... 1, and a half where a round
    /// trip takes that much longer than it must.
    func pressure(at now: Duration) -> Double {
        guard now - currentSince < Self.patience, current > floor else { return 0 }
        let waiting = (current - floor) / .seconds(1)
        return waiting / (waiting + max(Self.target, floor) / .seconds(1))
    }
}
