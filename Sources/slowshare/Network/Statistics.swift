/// What clients have asked of the share, since the start or the last reset. Pure.
struct Statistics: Sendable {
    private(set) var operations: [OperationKind: Int] = [:]
    /// Operations that a round trip was waited for: what keeps a NAS's disks awake.
    private(set) var roundTrips = 0
    private(set) var bytesRead: Int64 = 0
    private(set) var bytesWritten: Int64 = 0
    /// Requests that wait for their answer.
    private(set) var inFlight = 0
    private(set) var inFlightMax = 0

    mutating func began(_ kind: OperationKind) {
        count(kind)
        inFlight += 1
        inFlightMax = max(inFlightMax, inFlight)
    }

    /// An operation that nobody waits for.
    mutating func count(_ kind: OperationKind, times: Int = 1) {
        operations[kind, default: 0] += times
    }

    mutating func ended() {
        inFlight -= 1
    }

    mutating func paidRoundTrip() {
        roundTrips += 1
    }

    mutating func transferred(_ bytes: Int, by kind: OperationKind) {
        switch kind {
        case .read: bytesRead += Int64(bytes)
        case .write: bytesWritten += Int64(bytes)
        default: break
        }
    }

    /// Forgets everything but the requests that are in flight now.
    mutating func reset() {
        let inFlight = inFlight
        self = Statistics()
        self.inFlight = inFlight
        inFlightMax = inFlight
    }
}
